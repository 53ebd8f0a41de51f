using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>Requests in the queue, as their clients may see them.</summary>
internal sealed class FalQueue(JobQueue queue, IJobStore store)
{
    /// <summary>Of one request: four pictures of a hundred steps have fewer.</summary>
    private const int MostEvents = 2048;

    /// <summary>The request of the route's alias and id.</summary>
    /// <exception cref="DialectException">There is none, or it is another endpoint's.</exception>
    public static async Task<Job> FindAsync(DialectCall call, IDialect dialect)
    {
        var job = await call.FindJobAsync(call.Route("id"));
        return job.Dialect == dialect.Name && FalExtra.Of(job).Alias.Equals(call.Route("alias"), StringComparison.OrdinalIgnoreCase)
            ? job
            : throw new DialectException(DialectErrorKind.NotFound, $"there is no request '{Echo.Cut(job.Id)}'");
    }

    public Task<IReadOnlyList<JobEvent>> EventsAsync(string id, CancellationToken cancellationToken) =>
        store.EventsAsync(id, after: 0, MostEvents, cancellationToken);

    public async Task<FalStatus> StatusAsync(DialectCall call, Job job)
    {
        if (job.State != JobState.Queued)
        {
            return new FalStatus(job, call.BaseAddress, Position: 0);
        }
        var before = await queue.ListAsync(new JobQuery { Owner = call.Owner, States = [JobState.Queued], CreatedBefore = job.CreatedAt, Take = 1 }, call.Aborted);
        return new FalStatus(job, call.BaseAddress, before.Total);
    }
}
