using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's Images API, and what SGLang, vLLM-Omni and NIM's compatible mode make of it: pictures from text, and the models.</summary>
internal sealed class OpenAiEndpoints(
    ModelDirectory models, OpenAiModels names, GenerationOrchestrator orchestrator, TimeProvider time, ILogger<OpenAiEndpoints> logger) : IDialect
{
    public string Name => "openai";

    public IReadOnlyList<string> Prefixes => ["/v1/images", "/v1/models"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("OpenAI Images: a picture as PNG", "/v1/images/generations",
            """{"prompt":"a big red circle on a blue background","size":"1024x1024","output_format":"png"}""",
            """sed 's/.*"b64_json":"\([^"]*\)".*/\1/' | base64 -d > picture.png"""),
        new DialectSample("OpenAI: the models", "/v1/models"),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/generations", GenerateAsync).Describe(OpenAiSchemas.Generate);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models", call => OpenAiModels.WriteAsync(call, names.All())).Describe(OpenAiSchemas.Models);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models/{**id}", call => OpenAiModels.WriteAsync(call, names.Find(Id(call))))
            .Describe(OpenAiSchemas.Model);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => OpenAiErrors.WriteAsync(context, error);

    // The server leaves an escaped slash as it is, and the vendor's client for JavaScript escapes it.
    private static string Id(DialectCall call) => call.Route("id").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private async Task GenerateAsync(DialectCall call)
    {
        models.DemandAny();
        call.RefuseWhenFull();
        var (parsed, request, served) = await ReadAsync(call);
        var result = await orchestrator.RunAsync(request, served, progress: null, call.Aborted);
        RequestLog.Generated(logger, Name, served, request, result);
        ResponseHeaders.Set(call.Context.Response, result.Timings, parsed.Ignored, result.PromptTruncated, result.NegativePromptTruncated);
        await OpenAiResponse.WriteAsync(call.Context.Response, parsed, request, [.. result.Pictures.Select(picture => picture.File)], time.GetUtcNow(), call.Aborted);
    }

    // The body is given back before the drawing begins: nothing of it is needed then.
    private async Task<(OpenAiRequest Parsed, GenerationRequest Request, ServedModel Served)> ReadAsync(DialectCall call)
    {
        using var body = await call.ReadBodyAsync(BodyForm.Json);
        var fields = body.Fields();
        var parsed = OpenAiRequest.Parse(fields, call.Strict);
        var served = models.Choose(parsed.Model) ?? throw names.Unknown(parsed.Model!);
        return (parsed, OpenAiTranslation.Translate(parsed, fields, served), served);
    }
}
