using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class OpenAiSchemas
{
    private const string Tag = "OpenAI Images";

    // A PNG of 16 by 16 blue pixels.
    private const string Sample = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNQjbpDEmIY1TCqYfhqAADDHlsQUh3a2wAAAABJRU5ErkJggg==";

    private static readonly OpenApiSchema Request = Object(["prompt"], [("prompt", Text("What to draw; not empty.", OpenAiRequest.MaxPromptLength)), .. Common("the model's")]);

    private static readonly OpenApiSchema EditRequest = Object(["prompt"],
    [
        ("prompt", Text("The instruction; not empty.", OpenAiRequest.MaxPromptLength)),
        ("image", Any(Picture(), List(Picture()))),
        ("images", List(Any(Picture(), Object(["image_url"], ("image_url", Picture()))))),
        ("mask", Any(Picture(), Object(["image_url"], ("image_url", Picture())))),
        ("input_fidelity", Word("", "high", "high")),
        .. Common("the last input picture's, at the model's area"),
    ]);

    private static readonly OpenApiSchema EditForm = Object(["prompt", "image"],
    [
        ("prompt", Text("The instruction; not empty.", OpenAiRequest.MaxPromptLength)),
        ("image", List(File("The pictures to edit, in the prompt's order; image[] is the same."))),
        ("mask", File("Of the picture's size; what is transparent in it is drawn anew, everything else stays.")),
        ("input_fidelity", Word("", "high", "high")),
        .. Common("the last input picture's, at the model's area"),
    ]);

    private static (string, IOpenApiSchema)[] Common(string size) =>
    [
        ("negative_prompt", Text("An extension. Without effect while guidance is at most 1.", OpenAiRequest.MaxPromptLength)),
        ("model", Text("One of /v1/models, with its publisher or without; absent takes the one that is served.")),
        ("n", Integer("Pictures.", 1, OpenAiRequest.MaxCount, otherwise: 1)),
        ("size", Text("WIDTHxHEIGHT, or auto: " + size + ".")),
        ("width", Integer("An extension, with height and in place of size.", 1)),
        ("height", Integer("An extension, with width and in place of size.", 1)),
        ("response_format", Word("", "b64_json", "b64_json")),
        ("output_format", Word("", "png", OpenAiRequest.OutputFormats)),
        ("output_compression", Integer("Of JPEG and WebP: 100 is best.", 0, 100, otherwise: 100)),
        ("quality", Word("Of JPEG and WebP, where output_compression is absent: low 35, medium 55, high and hd 90, else 100.", "auto", OpenAiRequest.Qualities)),
        ("background", Word("", "auto", "auto", "opaque")),
        ("num_inference_steps", Integer("An extension; also called steps.", 1, OpenAiRequest.MaxSteps, otherwise: OpenAiTranslation.DefaultSteps)),
        ("true_cfg_scale", Number("An extension; also called cfg_scale and guidance_scale, and the first of them counts. Default the model's.", 0, OpenAiRequest.MaxGuidance)),
        ("seed", Integer("An extension; absent takes a random one.", 0, uint.MaxValue)),
        ("stream", Flag("Only false.", otherwise: false)),
        ("user", Text("Without effect.")),
        ("moderation", Text("Without effect.")),
    ];

    private static readonly OpenApiSchema Response = Whole(
        ("created", Integer("Seconds since 1970.")), ("background", Text()), ("output_format", Text()), ("quality", Text()), ("size", Text()),
        ("data", List(Whole(("b64_json", Text("The file."))))));

    private static readonly OpenApiSchema Error = Whole(
        ("error", Object(["message", "type"], ("message", Text()), ("type", Text()), ("param", Nullable(Text())), ("code", Nullable(Text())))), ("detail", Text()));

    private static readonly OpenApiSchema ModelShape = Whole(("id", Text()), ("object", Word("", null, "model")), ("created", Integer("")), ("owned_by", Text()));

    public static RouteDescription Generate { get; } = new(Tag, "Draws pictures from text")
    {
        Request = Request,
        Example = """{"prompt":"a big red circle on a blue background","size":"1024x1024","output_format":"png"}""",
        Answers = [RouteAnswer.Json(200, Response), .. Errors(400, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Edit { get; } = new(Tag, "Edits pictures by an instruction; with a mask only what it marks")
    {
        Request = EditRequest,
        Form = EditForm,
        Example = $$"""{"prompt":"Make the background green","image":"data:image/png;base64,{{Sample}}","size":"auto"}""",
        Answers = [RouteAnswer.Json(200, Response), .. Errors(400, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Models { get; } = new(Tag, "The served models under all of their names")
    {
        Answers = [RouteAnswer.Json(200, Whole(("object", Word("", null, "list")), ("data", List(ModelShape)))), .. Errors(503)],
    };

    public static RouteDescription Model { get; } = new(Tag, "One model; its id may have a publisher")
    {
        Answers = [RouteAnswer.Json(200, ModelShape), .. Errors(404, 503)],
    };

    private static OpenApiSchema Picture() => Text("A data URI, base64, or an address that is fetched.");

    private static OpenApiSchema File(string description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Error));
}
