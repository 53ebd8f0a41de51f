using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>Where a request stands: its picture, or 202 and the id to ask with.</summary>
internal sealed class NimStatus(JobWatcher watcher, JobResults results)
{
    // Clients poll without a pause: what is pending is held, as long as the vendor holds it.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);

    /// <summary>GET /v1/status/{id}</summary>
    public async Task PollAsync(DialectCall call, IDialect dialect)
    {
        var atMost = NimHeaders.Hold(call.Context.Request.Headers) ?? Usual;
        var id = call.Route("id");
        var job = await call.FindJobAsync(id);
        if (job.Dialect != dialect.Name || await watcher.WaitAsync(job.Id, atMost, call.Aborted) is not { } now)
        {
            throw new DialectException(DialectErrorKind.NotFound, $"there is no job '{Echo.Cut(id)}'");
        }
        await AnswerAsync(call, now);
    }

    /// <summary>Answers with what there is.</summary>
    /// <exception cref="DialectException">It has ended without a picture.</exception>
    public async Task AnswerAsync(DialectCall call, Job job)
    {
        var response = call.Context.Response;
        NimHeaders.Set(response, job);
        if (!job.State.IsEnd())
        {
            ResponseHeaders.SetIgnored(response, NimIgnored.Of(job));
            response.StatusCode = StatusCodes.Status202Accepted;
            response.ContentLength = 0;
        }
        else if (job.Fault?.Kind == FaultKind.ContentFiltered)
        {
            await NimResponse.WriteFilteredAsync(response, job.Request.Seed, call.Aborted);
        }
        else if (job.Result is null)
        {
            throw new DialectException(ErrorOf(job));
        }
        else
        {
            await AnswerAsync(call, job, await results.ReadAsync(job, call.Aborted));
        }
    }

    /// <summary>Answers with the picture.</summary>
    public static async Task AnswerAsync(DialectCall call, Job job, GenerationResult result)
    {
        var response = call.Context.Response;
        NimHeaders.Set(response, job);
        ResponseHeaders.Set(response, result.Timings, NimIgnored.Of(job), result.PromptTruncated, result.NegativePromptTruncated);
        await NimResponse.WriteAsync(response, result, call.Aborted);
    }

    // 422 or 500, as the vendor documents: 429 and 503 would have the client ask for what has ended again and again.
    private static DialectError ErrorOf(Job job)
    {
        var error = DialectError.From(job.Fault ?? JobFaults.Cancelled);
        return error.Kind == DialectErrorKind.InvalidRequest ? error : new DialectError(DialectErrorKind.Internal, error.Detail);
    }
}
