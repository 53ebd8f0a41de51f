using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's Images API, and what SGLang, vLLM-Omni and NIM's compatible mode make of it: pictures from text, edits of pictures, and the models.</summary>
internal sealed class OpenAiEndpoints(
    OpenAiDrawing drawing, OpenAiResponse response, OpenAiContent content, ChatResponse chat, OpenAiModels names, SglangRoutes sglang, DialectPictures pictures,
    IOptions<OpenAiOptions> options) : IDialect
{
    public const string Dialect = "openai";

    private const string Drawing = """{"prompt":"a big red circle on a blue background","size":"1024x1024","output_format":"png"}""";
    private const string Streamed = """{"prompt":"a big red circle on a blue background","size":"1024x1024","stream":true,"partial_images":2}""";
    private const string Base64 = """sed 's/.*"b64_json":"\([^"]*\)".*/\1/' | base64 -d""";

    public string Name => Dialect;

    public IReadOnlyList<string> Prefixes => ["/v1/images", "/v1/models", "/v1/chat", .. SglangRoutes.Prefixes];

    public IReadOnlyList<DialectSample> Samples =>
    [
        new DialectSample("OpenAI Images: a picture as PNG", "/v1/images/generations", Drawing, $"{Base64} > picture.png"),
        new DialectSample("OpenAI Images: a picture, and the picture edited", "/v1/images/generations", Drawing, $$"""
            {{Base64}} \
              | curl -sS '{gateway}/v1/images/edits' -F 'image=@-;filename=picture.png' -F 'prompt=Make the background green' \
              | {{Base64}} > edited.png
            """),
        new DialectSample("OpenAI Images: previews while the picture is drawn; this keeps the finished one", "/v1/images/generations", Streamed, $"grep '\"type\":\"image_generation.completed\"' | {Base64} > picture.png"),
        new DialectSample("OpenAI: the models", "/v1/models"),
    ];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/generations", call => DrawAsync(call, BodyForm.Json, edits: null)).Describe(OpenAiSchemas.Generate);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/edits", call => DrawAsync(call, BodyForm.JsonOrMultipart, pictures.Most)).Describe(OpenAiSchemas.Edit);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/images/variations", RefuseVariations, RouteAccess.Asks).Describe(OpenAiSchemas.Vary);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/images/{id}/content", content.WriteAsync).Describe(OpenAiSchemas.Content);
        endpoints.MapCall(this, HttpMethods.Post, "/v1/chat/completions", ChatAsync).Describe(OpenAiChatSchemas.Complete);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models", call => OpenAiModels.WriteAsync(call, names.All())).Describe(OpenAiSchemas.Models);
        endpoints.MapCall(this, HttpMethods.Get, "/v1/models/{**id}", call => OpenAiModels.WriteAsync(call, names.Find(Id(call)))).Describe(OpenAiSchemas.Model);
        sglang.Map(endpoints, this);
    }

    public Task WriteErrorAsync(HttpContext context, DialectError error) => OpenAiErrors.WriteAsync(context, error);

    // The server leaves an escaped slash as it is, and the vendor's client for JavaScript escapes it.
    private static string Id(DialectCall call) => call.Route("id").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static Task RefuseVariations(DialectCall call) =>
        throw new DialectException(DialectErrorKind.InvalidRequest, "variations are dall-e-2's alone; POST /v1/images/edits edits a picture by an instruction");

    private async Task DrawAsync(DialectCall call, BodyForm form, int? edits)
    {
        drawing.Admit(call);
        var order = await ReadAsync(call, form, body =>
        {
            var fields = body.Fields();
            return (OpenAiRequest.Parse(fields, call.Strict, edits, options.Value.ResponseFormat), fields);
        });
        if (order.Parsed.IsStream)
        {
            await drawing.StreamAsync(call, this, order);
        }
        else
        {
            await response.WriteAsync(call, order.Parsed, await drawing.DrawAsync(call, this, order));
        }
    }

    private async Task ChatAsync(DialectCall call)
    {
        drawing.Admit(call);
        var order = await ReadAsync(call, BodyForm.Json, body => ChatRequest.Parse(body.Fields(), call.Strict, pictures.Most));
        await chat.WriteAsync(call, order.Parsed.Model ?? order.Model.ModelId, await drawing.DrawAsync(call, this, order));
    }

    // The body is given back before the drawing begins: nothing but the files of its pictures is needed then.
    private async Task<OpenAiOrder> ReadAsync(DialectCall call, BodyForm form, Func<RequestBody, (OpenAiRequest, BodyFields)> parse)
    {
        using var body = await call.ReadBodyAsync(form);
        var (parsed, fields) = parse(body);
        return await drawing.OrderAsync(call, parsed, fields);
    }
}
