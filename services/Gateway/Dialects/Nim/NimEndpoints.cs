using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NVIDIA NIM for visual generative AI: the container's /v1/infer and the hosted /v1/genai/{publisher}/{model}, answered at once.</summary>
internal sealed class NimEndpoints(
    ModelDirectory models, DialectPictures pictures, JobCalls calls, ILogger<NimEndpoints> logger) : IDialect
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
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/infer", call => GenerateAsync(call, model: null)).Describe(NimSchemas.Generate);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/genai/{publisher}/{model}",
            call => GenerateAsync(call, $"{call.Route("publisher")}/{call.Route("model")}"))
            .Describe(NimSchemas.Generate with { Summary = "Draws or edits a picture, with the model in the path" });
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => NimErrors.WriteAsync(context, error);

    private async Task GenerateAsync(DialectCall call, string? model)
    {
        // Before the body is read: a model that nobody serves needs none.
        _ = Choose(model, GenerationTask.TextToImage);
        call.RefuseWhenFull();
        var (served, request, ignored) = await ReadAsync(call, model);
        GenerationResult result;
        try
        {
            result = (await calls.RunAsync(call.Submission(this, request, served), served, progress: null, call.Aborted)).Result;
        }
        catch (GenerationException refused) when (refused.Fault.Kind == FaultKind.ContentFiltered)
        {
            await NimResponse.WriteFilteredAsync(call.Context.Response, request.Seed, call.Aborted);
            return;
        }
        RequestLog.Generated(logger, Name, served, request, result);
        ResponseHeaders.Set(call.Context.Response, result.Timings, ignored, result.PromptTruncated, result.NegativePromptTruncated);
        await NimResponse.WriteAsync(call.Context.Response, result, call.Aborted);
    }

    // The body is given back before the drawing begins: nothing of it is needed then.
    private async Task<(ServedModel Served, GenerationRequest Request, IReadOnlyList<string> Ignored)> ReadAsync(DialectCall call, string? model)
    {
        using var body = await call.ReadBodyAsync(BodyForm.JsonOfAnyType);
        var fields = body.Fields();
        var inputs = fields.Pictures(pictures.Most, "image");
        var task = inputs.Count > 0 ? GenerationTask.Edit : GenerationTask.TextToImage;
        var served = Choose(model, task);
        var parsed = NimRequest.Parse(fields, inputs, call.Strict, served.Profile.Steps);
        var request = NimTranslation.Translate(parsed, fields, served);
        ModelFaults.ThrowIfNotDone(task, served, inputs.Count, fields, "image");
        var files = await call.ReadPicturesAsync(inputs);
        return (served, request with { Task = task, References = files }, parsed.Ignored);
    }

    private ServedModel Choose(string? model, GenerationTask task) => models.ChooseFor(model, task)
        ?? throw new DialectException(DialectErrorKind.UnknownModel, $"Model '{Echo.Cut(model!)}' is not served here; served are {models.Names}");
}
