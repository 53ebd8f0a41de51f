using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The caller's jobs of this dialect.</summary>
internal sealed class OxenGenerations(JobQueue queue, ResultUrls results, FileUrls files)
{
    public const string Dialect = "oxen";

    // The vendor's printed sample for Python lacks the f of its f-string: it polls this very text and waits for an end there.
    private const string Unfilled = "{generation_id}";

    /// <exception cref="DialectException">There is none of this id.</exception>
    public async Task<OxenGeneration> FindAsync(DialectCall call, string id)
    {
        if (id == Unfilled && (await ListAsync(call, new JobQuery { Owner = call.Owner, Take = 1 })).Jobs is [var newest])
        {
            return await ReadAsync(newest, call.BaseAddress, call.Aborted);
        }
        return await ReadAsync(await FindJobAsync(call, id), call.BaseAddress, call.Aborted);
    }

    /// <exception cref="DialectException">There is none of this id.</exception>
    public static async Task<Job> FindJobAsync(DialectCall call, string id)
    {
        var job = await call.FindJobAsync(id);
        return job.Dialect == Dialect ? job : throw new DialectException(DialectErrorKind.NotFound, $"there is no generation '{Echo.Cut(id)}'");
    }

    public Task<JobPage> ListAsync(DialectCall call, JobQuery query) => queue.ListAsync(query with { Owner = call.Owner, Dialect = Dialect }, call.Aborted);

    public async Task<OxenGeneration> ReadAsync(Job job, string baseAddress, CancellationToken cancellationToken)
    {
        var extra = OxenExtra.Read(job.Extra) ?? new OxenExtra(job.Request.Model ?? "", null, [], [], IsList: false);
        var inputs = new List<string>();
        foreach (var (index, input) in extra.Inputs.Index())
        {
            inputs.Add(input.Address ?? await files.ForAsync(
                baseAddress, BlobKeys.Input(job.Id, "reference", index), input.MediaType, job.State.IsEnd() ? job.ExpiresAt : null, cancellationToken));
        }
        return new OxenGeneration(job, extra, await results.OfAsync(job, baseAddress, cancellationToken), inputs);
    }
}
