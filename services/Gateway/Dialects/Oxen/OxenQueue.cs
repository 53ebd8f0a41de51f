using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The routes below /api/ai/queue.</summary>
internal sealed class OxenQueue(OxenReader reader, OxenGenerations generations, JobQueue queue)
{
    private const int MostListed = 1000;

    private static readonly JobState[] Active = [JobState.Queued, JobState.Running];

    /// <summary>One job for each generation, with the seeds seed, seed + 1 ...: all of them, or none.</summary>
    public async Task EnqueueAsync(DialectCall call, IDialect dialect)
    {
        var drawing = await reader.ReadAsync(call, OxenRoute.Queue);
        var jobs = new List<Job>();
        try
        {
            for (var i = 0; i < drawing.Parsed.Count; i++)
            {
                var request = drawing.Request with { Seed = drawing.Request.Seed + (ulong)i };
                var submission = call.Submission(dialect, request, drawing.Served) with { Extra = drawing.Extra.Write() };
                submission = submission with { IdempotencyKey = submission.IdempotencyKey is { } key && i > 0 ? $"{key}#{i}" : submission.IdempotencyKey };
                jobs.Add(await queue.SubmitAsync(submission, drawing.Served, call.Aborted));
            }
        }
        // Who has sent a key asks again with it, and gets these with the rest; some may be of an earlier submission.
        catch when (jobs.Count > 0 && !call.HasIdempotencyKey)
        {
            foreach (var job in jobs)
            {
                await queue.CancelAsync(job.Id, job.Owner, CancellationToken.None);
            }
            throw;
        }
        ResponseHeaders.SetAccepted(call.Context.Response, drawing.Parsed.Ignored, promptTruncated: false, negativePromptTruncated: false);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("generations");
            foreach (var job in jobs)
            {
                json.WriteStartObject();
                json.WriteString("generation_id", job.Id);
                json.WriteString("status", OxenGeneration.StatusOf(job.State));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    public async Task GetAsync(DialectCall call)
    {
        var generation = await generations.FindAsync(call, call.Route("id"));
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, generation.Write);
    }

    /// <summary>Those that wait or run, the newest first; with a status those that have it.</summary>
    public async Task ListAsync(DialectCall call)
    {
        var filter = OxenQuery.Filter(call);
        var page = filter.IsEmpty
            ? new JobPage([], 0)
            : await generations.ListAsync(call, new JobQuery { Owner = call.Owner, States = filter.Status is { } state ? [state] : Active, Take = MostListed });
        var listed = new List<OxenGeneration>();
        foreach (var job in page.Jobs)
        {
            var generation = await generations.ReadAsync(job, call.BaseAddress, call.Aborted);
            if ((filter.Model ?? generation.Extra.Model) == generation.Extra.Model && (filter.Namespace ?? generation.Extra.Namespace) == generation.Extra.Namespace)
            {
                listed.Add(generation);
            }
        }
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("count", listed.Count);
            OxenHistory.Write(json, listed);
        });
    }

    public async Task CancelAsync(DialectCall call)
    {
        var job = await OxenGenerations.FindJobAsync(call, call.Route("id"));
        await queue.CancelAsync(job.Id, job.Owner, call.Aborted);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("status", "success");
            json.WriteString("generation_id", job.Id);
        });
    }
}
