using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>fal.ai: what the vendor's host fal.run answers below /fal-ai, and what its queue.fal.run answers below /queue/fal-ai.</summary>
internal sealed class FalEndpoints(
    ModelDirectory models, DialectPictures pictures, JobCalls calls, JobQueue jobs, FalQueue queue, FalStatusStream stream, FalImages images,
    WebhookAddresses webhooks, ILogger<FalEndpoints> logger) : IDialect
{
    public const string Queue = "/queue/fal-ai";

    private const string Sync = "/fal-ai";
    private const string Request = Queue + "/{alias}/requests/{id}";
    private const string RequestId = "x-fal-request-id";

    public string Name => "fal";

    public IReadOnlyList<string> Prefixes => [Sync, Queue];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("fal: a picture as PNG", "/fal-ai/qwen-image", FalSchemas.Example,
            """sed 's/.*"url":"\([^"]*\)".*/\1/' | xargs curl -sS -o picture.png"""),
        new DialectSample("fal: a picture from the queue", "/queue/fal-ai/qwen-image", FalSchemas.Example,
            """sed 's/.*"response_url":"\([^"]*\)".*/\1/' | { read -r url || true; until curl -sSf "$url" 2>/dev/null; do sleep 1; done; }"""),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, Sync + "/{**model}", DrawAsync).Describe(FalSchemas.Draw);
        endpoints.MapCall(this, HttpMethods.Post, Queue + "/{**model}", SubmitAsync).Describe(FalSchemas.Submit);
        endpoints.MapCall(this, HttpMethods.Get, Request + "/status", ShowStatusAsync).Describe(FalSchemas.Status);
        endpoints.MapCall(this, HttpMethods.Get, Request + "/status/stream",
            async call => await stream.WriteAsync(call, await FalQueue.FindAsync(call, this), WithLogs(call))).Describe(FalSchemas.StatusStream);
        endpoints.MapCall(this, HttpMethods.Get, Request, ShowResultAsync).Describe(FalSchemas.Result);
        endpoints.MapCall(this, HttpMethods.Put, Request + "/cancel", CancelAsync).Describe(FalSchemas.Cancel);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => FalErrors.WriteAsync(context, error);

    private async Task DrawAsync(DialectCall call)
    {
        var model = Begin(call);
        var (served, parsed, request) = await ReadAsync(call, model);
        var submission = call.Submission(this, request, served) with { Extra = new FalExtra(model.Alias, parsed.IsData).Write() };
        var finished = await calls.RunAsync(submission, served, progress: null, call.Aborted);
        var result = finished.Result;
        RequestLog.Generated(logger, Name, served, request, result);
        ResponseHeaders.Set(call.Context.Response, result.Timings, parsed.Ignored, result.PromptTruncated, result.NegativePromptTruncated);
        await WriteResultAsync(call, finished.Job);
    }

    private async Task SubmitAsync(DialectCall call)
    {
        var model = Begin(call);
        var webhook = FalSubmission.Webhook(call.Context.Request, webhooks);
        var priority = FalSubmission.Priority(call.Context.Request);
        var (served, parsed, request) = await ReadAsync(call, model);
        var submission = call.Submission(this, request with { Priority = priority }, served) with
        {
            Extra = new FalExtra(model.Alias, parsed.IsData).Write(),
            Webhook = webhook,
        };
        var job = await jobs.SubmitAsync(submission, served, call.Aborted);
        var status = await queue.StatusAsync(call, job);
        ResponseHeaders.SetAccepted(call.Context.Response, parsed.Ignored, promptTruncated: false, negativePromptTruncated: false);
        call.Context.Response.Headers[RequestId] = job.Id;
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, status.WriteSubmitted);
    }

    private async Task ShowStatusAsync(DialectCall call)
    {
        var status = await queue.StatusAsync(call, await FalQueue.FindAsync(call, this));
        FalLog[] logs = WithLogs(call) ? [.. (await queue.EventsAsync(status.Job.Id, call.Aborted)).Select(FalLog.Of).OfType<FalLog>()] : [];
        call.Context.Response.Headers[RequestId] = status.Job.Id;
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => status.Write(json, logs));
    }

    private async Task ShowResultAsync(DialectCall call)
    {
        var job = await FalQueue.FindAsync(call, this);
        call.Context.Response.Headers[RequestId] = job.Id;
        if (!job.State.IsEnd())
        {
            await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status400BadRequest, json => json.WriteString("detail", "Request is still in progress"));
            return;
        }
        if (FalStatus.FailureOf(job) is { } failure)
        {
            throw new DialectException(failure);
        }
        await WriteResultAsync(call, job);
    }

    private async Task CancelAsync(DialectCall call)
    {
        var job = await FalQueue.FindAsync(call, this);
        var isEnded = job.State.IsEnd();
        job = await jobs.CancelAsync(job.Id, call.Owner, call.Aborted) ?? job;
        var (status, word) = isEnded ? (StatusCodes.Status400BadRequest, "ALREADY_COMPLETED")
            : job.State == JobState.Cancelled ? (StatusCodes.Status200OK, "OK")
            : (StatusCodes.Status202Accepted, "CANCELLATION_REQUESTED");
        await JsonAnswer.WriteAsync(call.Context, status, json => json.WriteString("status", word));
    }

    private async Task WriteResultAsync(DialectCall call, Job job)
    {
        var shown = await images.OfAsync(job, call.BaseAddress, call.Aborted);
        call.Context.Response.Headers[RequestId] = job.Id;
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => FalResult.Write(json, job, shown));
    }

    // Before the body is read: an endpoint that is not there needs none.
    private FalModel Begin(DialectCall call)
    {
        var path = call.Route("model");
        var model = FalModel.Find(path) ?? throw new DialectException(DialectErrorKind.UnknownModel, $"Application \"{Echo.Cut(path)}\" not found");
        models.DemandAny();
        call.RefuseWhenFull();
        return model;
    }

    // The body is given back before the drawing begins: nothing but the files of its pictures is needed then.
    private async Task<(ServedModel Served, FalRequest Parsed, GenerationRequest Request)> ReadAsync(DialectCall call, FalModel model)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var served = models.ChooseAmong(model.ServedAs, model.IsEdit ? GenerationTask.Edit : GenerationTask.TextToImage);
        var parsed = FalRequest.Parse(fields, model, served.Profile.Steps, pictures.Most, call.Strict);
        var request = FalTranslation.Translate(parsed, model, fields, served);
        return (served, parsed, request with { References = await call.ReadPicturesAsync(parsed.Pictures) });
    }

    private static bool WithLogs(DialectCall call) => call.Context.Request.Query["logs"].ToString() is "1" or "true" or "True";
}
