using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>
/// NVIDIA NIM for visual generative AI: the container's /v1/infer and the hosted /v1/genai/{publisher}/{model}, with the polling and the assets of its
/// hosted form (NVCF).
/// </summary>
internal sealed class NimEndpoints(
    ModelDirectory models, DialectPictures pictures, JobCalls calls, NimStatus status, NimAssets assets, IOptions<NimOptions> options,
    ILogger<NimEndpoints> logger) : IDialect
{
    public string Name => "nim";

    // The container answers everything on its port.
    public IReadOnlyList<string> Prefixes => ["/v1", "/v2/nvcf"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("NVIDIA NIM: a picture as JPEG", "/v1/infer",
            """{"prompt":"a big red circle on a blue background","width":1024,"height":1024,"steps":20,"cfg_scale":3,"seed":7}""",
            """sed 's/.*"base64":"\([^"]*\)".*/\1/' | base64 -d > picture.jpg"""),
        new DialectSample("NVIDIA NIM: a picture, and the picture edited", "/v1/infer",
            """{"prompt":"a big red circle on a blue background","width":1024,"height":1024,"steps":20,"cfg_scale":3,"seed":7}""",
            """
            sed 's/.*"base64":"\([^"]*\)".*/{"prompt":"Make the background green","image":"\1","steps":20,"cfg_scale":3}/' \
              | curl -sS '{gateway}/v1/infer' -H 'Content-Type: application/json' -d @- \
              | sed 's/.*"base64":"\([^"]*\)".*/\1/' | base64 -d > edited.jpg
            """),
        new DialectSample("NVIDIA NIM: an id for a picture that edits will name, and where to PUT it", "/v2/nvcf/assets",
            """{"contentType":"image/png","description":"a picture"}"""),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/infer", call => GenerateAsync(call, model: null)).Describe(NimSchemas.Generate);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/genai/{publisher}/{model}",
            call => GenerateAsync(call, $"{call.Route("publisher")}/{call.Route("model")}"))
            .Describe(NimSchemas.Generate with { Summary = "Draws or edits a picture, with the model in the path" });
        endpoints.MapCall(this, HttpMethods.Get, "/v1/status/{id}", call => status.PollAsync(call, this)).Describe(NimSchemas.Poll);
        endpoints.MapCall(this, HttpMethods.Get, "/v2/nvcf/pexec/status/{id}", call => status.PollAsync(call, this)).Describe(NimSchemas.Poll);
        endpoints.MapCall(this, HttpMethods.Post, "/v2/nvcf/assets", assets.CreateAsync, RouteAccess.Asks).Describe(NimSchemas.CreateAsset);
        endpoints.MapCall(this, HttpMethods.Delete, "/v2/nvcf/assets/{id}", assets.DeleteAsync).Describe(NimSchemas.DeleteAsset);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => NimErrors.WriteAsync(context, error);

    private async Task GenerateAsync(DialectCall call, string? model)
    {
        // Before the body is read: a model that nobody serves needs none.
        _ = Choose(model, GenerationTask.TextToImage);
        call.RefuseWhenFull();
        var asked = NimHeaders.Hold(call.Context.Request.Headers);
        var (served, request, ignored) = await ReadAsync(call, model);
        var submission = call.Submission(this, request, served) with { Extra = NimIgnored.Write(ignored) };
        AwaitedJob held;
        try
        {
            // Who sets a time expects to ask; who sets none is answered as by a synchronous call, with its limits.
            held = asked is { } atMost
                ? await calls.HoldAsync(submission, served, atMost, call.Aborted)
                : await calls.HoldAsync(calls.Bounded(submission), served, TimeSpan.FromSeconds(options.Value.HoldSeconds), call.Aborted);
        }
        catch (GenerationException refused) when (refused.Fault.Kind == FaultKind.ContentFiltered)
        {
            await NimResponse.WriteFilteredAsync(call.Context.Response, request.Seed, call.Aborted);
            return;
        }
        if (held.Result is not { } result)
        {
            await status.AnswerAsync(call, held.Job);
            return;
        }
        RequestLog.Generated(logger, Name, served, request, result);
        await NimStatus.AnswerAsync(call, held.Job, result);
    }

    // The body is given back before the drawing begins: nothing of it is needed then.
    private async Task<(ServedModel Served, GenerationRequest Request, IReadOnlyList<string> Ignored)> ReadAsync(DialectCall call, string? model)
    {
        var listed = NimAssetReferences.Of(call.Context.Request.Headers);
        using var body = await call.ReadBodyAsync(BodyForm.JsonOfAnyType);
        var fields = body.Fields();
        var inputs = fields.Pictures(pictures.Most, "image");
        var task = inputs.Count > 0 ? GenerationTask.Edit : GenerationTask.TextToImage;
        var served = Choose(model, task);
        var parsed = NimRequest.Parse(fields, inputs, call.Strict, served.Profile.Steps);
        var request = NimTranslation.Translate(parsed, fields, served);
        ModelFaults.ThrowIfNotDone(task, served, inputs.Count, fields, "image");
        NimAssetReferences.Check(listed, inputs);
        var files = await call.ReadPicturesAsync(inputs);
        return (served, request with { Task = task, References = files }, parsed.Ignored);
    }

    private ServedModel Choose(string? model, GenerationTask task) => models.ChooseFor(model, task)
        ?? throw new DialectException(DialectErrorKind.UnknownModel, $"Model '{Echo.Cut(model!)}' is not served here; served are {models.Names}");
}
