using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>Replicate's predictions: made by model or by version, waited for or asked for later, listed, cancelled, and told by webhook.</summary>
internal sealed class ReplicateEndpoints(
    ModelDirectory models, DialectPictures pictures, JobQueue queue, JobWatcher watcher, ReplicatePredictions predictions, WebhookAddresses addresses,
    WebhookSecret secret, ReplicateFiles files) : IDialect
{
    public const string DialectName = "replicate";

    public string Name => DialectName;

    public IReadOnlyList<string> Prefixes => ["/v1/predictions", "/v1/webhooks", "/v1/files"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("Replicate: a prediction; its output is fetched from the address in it, its state from urls.get", "/v1/models/qwen/qwen-image/predictions",
            """{"input":{"prompt":"a big red circle on a blue background","aspect_ratio":"1:1"}}"""),
        new DialectSample("Replicate: the predictions", "/v1/predictions"),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/models/{owner}/{name}/predictions", CreateOfModelAsync).Describe(ReplicateSchemas.CreateOfModel);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/predictions", CreateOfVersionAsync).Describe(ReplicateSchemas.Create);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/predictions", ListAsync).Describe(ReplicateSchemas.List);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/predictions/{id}", GetAsync).Describe(ReplicateSchemas.Get);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/predictions/{id}/cancel", CancelAsync, RouteAccess.Asks).Describe(ReplicateSchemas.Cancel);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/files", files.KeepAsync, RouteAccess.Asks).Describe(ReplicateSchemas.File);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/webhooks/default/secret", SecretAsync).Describe(ReplicateSchemas.Secret);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => ReplicateErrors.WriteAsync(context, error);

    private Task CreateOfModelAsync(DialectCall call) =>
        CreateAsync(call, ReplicateChoice.OfModel($"{call.Route("owner")}/{call.Route("name")}", models), hasVersion: false);

    private Task CreateOfVersionAsync(DialectCall call) => CreateAsync(call, choice: null, hasVersion: true);

    private async Task CreateAsync(DialectCall call, ReplicateChoice? choice, bool hasVersion)
    {
        models.DemandAny();
        call.RefuseWhenFull();
        var (submission, served, ignored) = await new ReplicateReader(call, models, pictures, addresses).ReadAsync(this, choice, hasVersion);
        var job = await queue.SubmitAsync(submission, served, call.Aborted);
        var wait = ReplicateWait.Of(call.Context.Request.Headers);
        if (wait > TimeSpan.Zero)
        {
            call.Context.Response.Headers["Preference-Applied"] = "wait";
            job = await watcher.WaitAsync(job.Id, wait, call.Aborted) ?? job;
            // The vendor's clients ask again only of one that is starting: in this answer they take every other state for the end.
            job = job.State.IsEnd() ? job : job with { State = JobState.Queued };
        }
        ResponseHeaders.SetIgnored(call.Context.Response, ignored);
        await WriteAsync(call, job.State.IsEnd() ? StatusCodes.Status201Created : StatusCodes.Status202Accepted, job);
    }

    private async Task GetAsync(DialectCall call) => await WriteAsync(call, StatusCodes.Status200OK, await FindAsync(call));

    private async Task CancelAsync(DialectCall call)
    {
        var job = await FindAsync(call);
        await WriteAsync(call, StatusCodes.Status200OK, await queue.CancelAsync(job.Id, call.Owner, call.Aborted) ?? job);
    }

    private Task ListAsync(DialectCall call) => ReplicateList.WriteAsync(call, this, queue, predictions);

    private async Task SecretAsync(DialectCall call)
    {
        var text = await secret.TextAsync(call.Owner, call.Aborted);
        await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => json.WriteString("key", text));
    }

    private async Task<Job> FindAsync(DialectCall call)
    {
        var job = await call.FindJobAsync(call.Route("id"));
        return job.Dialect == Name ? job : throw new DialectException(DialectErrorKind.NotFound, "there is no such prediction");
    }

    private async Task WriteAsync(DialectCall call, int status, Job job)
    {
        var body = await predictions.JsonAsync(job, call.BaseAddress, call.Aborted);
        call.Context.Response.StatusCode = status;
        call.Context.Response.ContentType = "application/json";
        call.Context.Response.ContentLength = body.Length;
        await call.Context.Response.BodyWriter.WriteAsync(body, call.Aborted);
    }
}
