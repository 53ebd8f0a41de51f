using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Webhooks;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>WaveSpeedAI v3: pictures from text and edits as predictions, polled or waited for, under /api/v3 and /wavespeed/api/v3.</summary>
internal sealed class WaveSpeedEndpoints(
    ModelDirectory models, JobQueue queue, JobWatcher watcher, WaveSpeedPredictions predictions, WaveSpeedHistory history, WaveSpeedMedia media,
    WebhookAddresses addresses, WebhookSecret secret, IOptions<WaveSpeedOptions> options) : IDialect
{
    public const string Key = "wavespeed";

    public string Name => Key;

    public IReadOnlyList<string> Prefixes => ["/api/v3", "/wavespeed/api/v3"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("WaveSpeed: a picture as JPEG, waited for", "/api/v3/wavespeed-ai/qwen-image/text-to-image",
            """{"prompt":"a big red circle on a blue background","size":"1024*1024","seed":7,"enable_sync_mode":true,"enable_base64_output":true}""",
            """sed 's/.*"outputs":\["\([^"]*\)".*/\1/' | base64 -d > picture.jpg"""),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, Prefixes[0]);
        // The same routes again, as a router of other vendors forwards them; described once.
        Map(endpoints.MapGroup("").ExcludeFromDescription(), Prefixes[1]);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => WaveSpeedErrors.WriteAsync(context, error);

    private void Map(IEndpointRouteBuilder endpoints, string prefix)
    {
        foreach (var variant in WaveSpeedVariant.All)
        {
            endpoints.MapCall(this, HttpMethods.Post, $"{prefix}/{variant.Id}", call => SubmitAsync(call, variant, prefix)).Describe(WaveSpeedSchemas.Submit(variant));
        }
        endpoints.MapCall(this, HttpMethods.Get, $"{prefix}/predictions/{{id}}/result", FindAsync).Describe(WaveSpeedSchemas.Prediction);
        endpoints.MapCall(this, HttpMethods.Get, $"{prefix}/predictions/{{id}}", FindAsync).Describe(WaveSpeedSchemas.Prediction);
        endpoints.MapCall(this, HttpMethods.Post, $"{prefix}/predictions", history.AnswerAsync, RouteAccess.Asks).Describe(WaveSpeedSchemas.History);
        endpoints.MapCall(this, HttpMethods.Post, $"{prefix}/media/upload/binary", media.KeepAsync, RouteAccess.Asks).Describe(WaveSpeedSchemas.Upload);
        endpoints.MapCall(this, HttpMethods.Post, $"{prefix}/media/uploads", media.BeginAsync, RouteAccess.Asks).Describe(WaveSpeedSchemas.BeginUpload);
        endpoints.MapCall(this, HttpMethods.Get, $"{prefix}/webhook/secret", SecretAsync).Describe(WaveSpeedSchemas.Secret);
    }

    private async Task SubmitAsync(DialectCall call, WaveSpeedVariant variant, string prefix)
    {
        // Before the body is read: a mesh that is not ready needs none.
        var served = Choose(variant);
        call.RefuseWhenFull();
        var webhook = WebhookOf(call);
        var (parsed, request, input) = await ReadAsync(call, variant, served, prefix);
        var submission = call.Submission(this, request, served) with
        {
            Extra = input.Text(),
            Webhook = (webhook ?? parsed.Webhook) is { } address ? new WebhookTarget(address) : null,
        };
        var job = await queue.SubmitAsync(submission, served, call.Aborted);
        ResponseHeaders.SetIgnored(call.Context.Response, parsed.Ignored);
        var shown = parsed.IsSync ? await WaitAsync(call, job, isStoppable: submission is { Webhook: null, IdempotencyKey: null }) : job;
        await AnswerAsync(call, shown, isSyncTimeout: parsed.IsSync && !shown.State.IsEnd());
    }

    // The body is given back before the drawing begins: nothing of it is needed then.
    private async Task<(WaveSpeedRequest Parsed, GenerationRequest Request, WaveSpeedInput Input)> ReadAsync(
        DialectCall call, WaveSpeedVariant variant, ServedModel served, string prefix)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var parsed = WaveSpeedRequest.Parse(fields, variant, addresses.Check, call.Strict);
        var request = WaveSpeedTranslation.Translate(parsed, variant, fields, served);
        var files = await call.ReadPicturesAsync(parsed.Pictures);
        return (parsed, request with { References = files }, WaveSpeedInput.Of(parsed, variant, prefix));
    }

    // A client that leaves while it waits ends its job, unless somebody is told of it or may ask again.
    private async Task<Job> WaitAsync(DialectCall call, Job job, bool isStoppable)
    {
        try
        {
            return await watcher.WaitAsync(job.Id, TimeSpan.FromSeconds(options.Value.SyncSeconds), call.Aborted) ?? throw new GenerationException(JobFaults.Gone);
        }
        catch (OperationCanceledException) when (call.Aborted.IsCancellationRequested && isStoppable)
        {
            await queue.CancelAsync(job.Id, job.Owner, CancellationToken.None);
            throw;
        }
    }

    private async Task FindAsync(DialectCall call)
    {
        var job = await call.FindJobAsync(call.Route("id"));
        await AnswerAsync(call, job.Dialect == Name ? job : throw new DialectException(DialectErrorKind.NotFound, $"there is no job '{job.Id}'"));
    }

    private async Task AnswerAsync(DialectCall call, Job job, bool isSyncTimeout = false)
    {
        var prediction = await predictions.OfAsync(job, call.BaseAddress, call.Aborted);
        await WaveSpeedResponse.WriteAsync(call.Context, json => (prediction with { IsSyncTimeout = isSyncTimeout }).Write(json));
    }

    private async Task SecretAsync(DialectCall call)
    {
        var text = await secret.TextAsync(call.Owner, call.Aborted);
        await WaveSpeedResponse.WriteAsync(call.Context, json => json.WriteString("secret", text));
    }

    // ?webhook=...; checked before the body is read.
    private string? WebhookOf(DialectCall call)
    {
        var sent = call.Context.Request.Query["webhook"].ToString();
        return sent.Length == 0 ? null
            : addresses.Check(sent) is not { } reason ? sent
            : throw new DialectException(DialectErrorKind.InvalidRequest, $"webhook {reason}");
    }

    private ServedModel Choose(WaveSpeedVariant variant) => models.Find(variant.Model) ?? models.ChooseFor(null, variant.Task)!;
}
