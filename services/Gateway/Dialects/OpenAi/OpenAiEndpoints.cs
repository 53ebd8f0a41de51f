using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's Images API, and what SGLang, vLLM-Omni and NIM's compatible mode make of it: pictures from text, edits of pictures, and the models.</summary>
internal sealed class OpenAiEndpoints(
    ModelDirectory models, OpenAiModels names, DialectPictures pictures, JobCalls calls, TimeProvider time,
    ILogger<OpenAiEndpoints> logger) : IDialect
{
    private const string Drawing = """{"prompt":"a big red circle on a blue background","size":"1024x1024","output_format":"png"}""";
    private const string File = """sed 's/.*"b64_json":"\([^"]*\)".*/\1/' | base64 -d""";

    public string Name => "openai";

    public IReadOnlyList<string> Prefixes => ["/v1/images", "/v1/models"];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("OpenAI Images: a picture as PNG", "/v1/images/generations", Drawing, $"{File} > picture.png"),
        new DialectSample("OpenAI Images: a picture, and the picture edited", "/v1/images/generations", Drawing, $$"""
            {{File}} \
              | curl -sS '{gateway}/v1/images/edits' -F 'image=@-;filename=picture.png' -F 'prompt=Make the background green' \
              | {{File}} > edited.png
            """),
        new DialectSample("OpenAI: the models", "/v1/models"),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/generations", call => DrawAsync(call, BodyForm.Json, edits: null)).Describe(OpenAiSchemas.Generate);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/edits", call => DrawAsync(call, BodyForm.JsonOrMultipart, pictures.Most)).Describe(OpenAiSchemas.Edit);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models", call => OpenAiModels.WriteAsync(call, names.All())).Describe(OpenAiSchemas.Models);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models/{**id}", call => OpenAiModels.WriteAsync(call, names.Find(Id(call)))).Describe(OpenAiSchemas.Model);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => OpenAiErrors.WriteAsync(context, error);

    // The server leaves an escaped slash as it is, and the vendor's client for JavaScript escapes it.
    private static string Id(DialectCall call) => call.Route("id").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private async Task DrawAsync(DialectCall call, BodyForm form, int? edits)
    {
        models.DemandAny();
        call.RefuseWhenFull();
        var (model, parsed, request) = await ReadAsync(call, form, edits);
        var result = (await calls.RunAsync(call.Submission(this, request, model), model, progress: null, call.Aborted)).Result;
        RequestLog.Generated(logger, Name, model, request, result);
        ResponseHeaders.Set(call.Context.Response, result.Timings, parsed.Ignored, result.PromptTruncated, result.NegativePromptTruncated);
        await OpenAiResponse.WriteAsync(call.Context.Response, parsed, result, time.GetUtcNow(), call.Aborted);
    }

    // The body is given back before the drawing begins: nothing but the files of its pictures is needed then.
    private async Task<(ServedModel Model, OpenAiRequest Parsed, GenerationRequest Request)> ReadAsync(DialectCall call, BodyForm form, int? edits)
    {
        using var body = await call.ReadBodyAsync(form);
        var fields = body.Fields();
        var parsed = OpenAiRequest.Parse(fields, call.Strict, edits);
        var model = models.ChooseFor(parsed.Model, parsed.Task) ?? throw names.Unknown(parsed.Model!);
        var request = OpenAiTranslation.Translate(parsed, fields, model);
        return (model, parsed, parsed.Pictures is { } sent ? await OpenAiEdit.WithPicturesAsync(request, sent, pictures, call) : request);
    }
}
