using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>Alibaba's DashScope (Model Studio): pictures and edits answered at once, and text to image as tasks.</summary>
internal sealed class DashScopeEndpoints(
    ModelDirectory models, DialectPictures pictures, JobCalls calls, JobQueue queue, ResultUrls urls, ILogger<DashScopeEndpoints> logger) : IDialect
{
    private const string Sync = "/api/v1/services/aigc/multimodal-generation/generation";
    private const string Async = "/api/v1/services/aigc/text2image/image-synthesis";
    private const string Tasks = "/api/v1/tasks/{id}";

    public string Name => "dashscope";

    public IReadOnlyList<string> Prefixes => ["/api/v1/services/aigc", "/api/v1/tasks"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("DashScope: a picture as PNG", Sync, DashScopeSchemas.Example,
            """sed 's/.*"image":"\([^"]*\)".*/\1/' | xargs curl -sS -o picture.png"""),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, Sync, DrawAsync).Describe(DashScopeSchemas.Draw);
        endpoints.MapCall(this, HttpMethods.Post, Async, SubmitAsync).Describe(DashScopeSchemas.Submit);
        endpoints.MapCall(this, HttpMethods.Get, Tasks, ShowAsync).Describe(DashScopeSchemas.Show);
        endpoints.MapCall(this, HttpMethods.Post, Tasks + "/cancel", CancelAsync, RouteAccess.Asks).Describe(DashScopeSchemas.Cancel);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => DashScopeErrors.WriteAsync(context, error);

    private async Task DrawAsync(DialectCall call)
    {
        models.DemandAny();
        call.RefuseWhenFull();
        DashScopeModes.DemandSync(call.Context.Request.Headers);
        var (served, parsed, request) = await ReadAsync(call, isAsynchronous: false);
        var finished = await calls.RunAsync(call.Submission(this, request, served), served, progress: null, call.Aborted);
        var result = finished.Result;
        RequestLog.Generated(logger, Name, served, request, result);
        var job = finished.Job;
        var addresses = await urls.OfAsync(job, call.BaseAddress, call.Aborted);
        if (addresses.All(address => address is null))
        {
            throw new DialectException(DialectErrorKind.ContentFiltered, "Output data may contain inappropriate content.");
        }
        ResponseHeaders.Set(call.Context.Response, result.Timings, parsed.Ignored,
            parsed.Prompt.IsCut || result.PromptTruncated, parsed.NegativePrompt?.IsCut == true || result.NegativePromptTruncated);
        await DashScopeResponse.WriteAsync(call.Context, job.Result!.Pictures, addresses);
    }

    private async Task SubmitAsync(DialectCall call)
    {
        models.DemandAny();
        call.RefuseWhenFull();
        DashScopeModes.DemandAsync(call.Context.Request.Headers);
        var (served, parsed, request) = await ReadAsync(call, isAsynchronous: true);
        var job = await queue.SubmitAsync(call.Submission(this, request, served), served, call.Aborted);
        ResponseHeaders.SetAccepted(call.Context.Response, parsed.Ignored, parsed.Prompt.IsCut, parsed.NegativePrompt?.IsCut == true);
        await DashScopeTask.WriteSubmittedAsync(call.Context, job);
    }

    private async Task ShowAsync(DialectCall call)
    {
        var id = call.Route("id");
        if (await FindAsync(call, id) is not { } job)
        {
            await DashScopeTask.WriteUnknownAsync(call.Context, id);
            return;
        }
        await DashScopeTask.WriteAsync(call.Context, job, await urls.OfAsync(job, call.BaseAddress, call.Aborted));
    }

    // Only what waits: the vendor lets a task that runs go on.
    private async Task CancelAsync(DialectCall call)
    {
        var job = await FindAsync(call, call.Route("id"));
        if (job?.State == JobState.Queued)
        {
            job = await queue.CancelAsync(job.Id, call.Owner, call.Aborted);
        }
        if (job is { State: JobState.Cancelled } or { CancelRequested: true })
        {
            await JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => DashScopeErrors.WriteRequestId(json, call.Context));
            return;
        }
        await DashScopeErrors.WriteAsync(call.Context, StatusCodes.Status400BadRequest, "UnsupportedOperation",
            "Failed to cancel the task, please confirm if the task is in PENDING status.");
    }

    private async Task<Job?> FindAsync(DialectCall call, string id) =>
        await queue.FindAsync(id, call.Owner, call.Aborted) is { } job && job.Dialect == Name ? job : null;

    // The body is given back before the drawing begins: nothing but the files of its pictures is needed then.
    private async Task<(ServedModel Served, DashScopeRequest Parsed, GenerationRequest Request)> ReadAsync(DialectCall call, bool isAsynchronous)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var name = fields.RequiredText("model", maxLength: 256, minLength: 1);
        fields.ThrowIfFaulty(strict: false);
        var model = Model(name, isAsynchronous);
        var parsed = DashScopeRequest.Parse(fields, model, isAsynchronous, call.Strict);
        var served = models.ChooseAmong(model.ServedAs, parsed.Task);
        var request = DashScopeTranslation.Translate(parsed, model, fields, served);
        if (parsed.Pictures.Count == 0)
        {
            return (served, parsed, request);
        }
        var files = await pictures.ReadAsync(parsed.Pictures, call.Aborted, call.Owner);
        DashScopePictures.Check(parsed.Pictures, files);
        return (served, parsed, request with { References = [.. files.Select(file => file.Bytes)] });
    }

    private DashScopeModel Model(string name, bool isAsynchronous)
    {
        var model = DashScopeModel.Find(name) ?? (models.Find(name) is not null ? DashScopeModel.Own(name) : null);
        if (model is null)
        {
            throw new DialectException(DialectErrorKind.UnknownModel, $"Model '{Echo.Cut(name)}' does not exist.");
        }
        return model.IsAsynchronous || !isAsynchronous
            ? model
            : throw new DialectException(DialectErrorKind.Forbidden, $"{model.Name} does not support asynchronous calls; POST {Sync} draws with it");
    }
}
