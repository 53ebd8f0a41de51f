using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class OpenAiSchemas
{
    internal const string Tag = "OpenAI Images";

    // A PNG of 16 by 16 blue pixels.
    internal const string Sample = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNQjbpDEmIY1TCqYfhqAADDHlsQUh3a2wAAAABJRU5ErkJggg==";

    private static readonly string[] PictureTypes = ["image/png", "image/jpeg", "image/webp"];

    private static readonly OpenApiSchema Request = Object(["prompt"], [("prompt", Text("What to draw; not empty.", OpenAiRequest.MaxPromptLength)), .. Common("the model's"), .. Answered(null)]);

    private static readonly OpenApiSchema EditRequest = Object(["prompt"],
    [
        ("prompt", Text("The instruction; not empty.", OpenAiRequest.MaxPromptLength)),
        ("image", Any(Picture(), List(Picture()))),
        ("images", List(Any(Picture(), Object(["image_url"], ("image_url", Picture()))))),
        ("mask", Any(Picture(), Object(["image_url"], ("image_url", Picture())))),
        ("input_fidelity", Word("", "high", "high")),
        .. Common("the last input picture's, at the model's area"),
        .. Answered(OpenAiDelivery.Base64),
    ]);

    private static readonly OpenApiSchema EditForm = Object(["prompt", "image"],
    [
        ("prompt", Text("The instruction; not empty.", OpenAiRequest.MaxPromptLength)),
        ("image", List(File("The pictures to edit, in the prompt's order; image[] is the same."))),
        ("mask", File("Of the picture's size; what is transparent in it is drawn anew, everything else stays.")),
        ("input_fidelity", Word("", "high", "high")),
        .. Common("the last input picture's, at the model's area"),
        .. Answered(OpenAiDelivery.Base64),
    ]);

    /// <summary>How it is answered.</summary>
    private static (string, IOpenApiSchema)[] Answered(string? format) =>
    [
        ("response_format", Word(
            "The files in the answer; signed addresses, which end with the job; or the file as the body, of several a ZIP archive.", format, OpenAiDelivery.Base64, OpenAiDelivery.Url, OpenAiDelivery.File)),
        ("stream", Flag("Answer with events.", otherwise: false)),
        ("partial_images", Integer("Previews of the first picture that a stream has at most.", 0, OpenAiRequest.MaxPreviews, otherwise: 0)),
    ];

    /// <summary>What is drawn.</summary>
    internal static (string, IOpenApiSchema)[] Common(string size) =>
    [
        ("negative_prompt", Text("An extension. Without effect while guidance is at most 1.", OpenAiRequest.MaxPromptLength)),
        ("model", Text("One of /v1/models, with its publisher or without; absent takes the one that is served.")),
        ("n", Integer("Pictures.", 1, OpenAiRequest.MaxCount, otherwise: 1)),
        ("size", Text("WIDTHxHEIGHT, or auto: " + size + ".")),
        ("width", Integer("An extension, with height and in place of size.", 1)),
        ("height", Integer("An extension, with width and in place of size.", 1)),
        ("output_format", Word("", "png", OpenAiRequest.OutputFormats)),
        ("output_compression", Integer("Of JPEG and WebP: 100 is best.", 0, 100, otherwise: 100)),
        ("quality", Word("Of JPEG and WebP, where output_compression is absent: low 35, medium 55, high and hd 90, else 100.", "auto", OpenAiRequest.Qualities)),
        ("background", Word("", "auto", "auto", "opaque")),
        ("num_inference_steps", Integer("An extension; also called steps.", 1, OpenAiRequest.MaxSteps, otherwise: OpenAiTranslation.DefaultSteps)),
        ("true_cfg_scale", Number("An extension; also called cfg_scale and guidance_scale, and the first of them counts. Default the model's.", 0, OpenAiRequest.MaxGuidance)),
        ("output_quality", Word("SGLang's, of JPEG and WebP, where output_compression is absent: low 35, medium 55, default 75, high 90, maximum 100.", null, "default", "maximum", "high", "medium", "low")),
        ("seed", Any(Integer("An extension; absent takes a random one.", 0, uint.MaxValue), List(Integer("SGLang's: seed, seed + 1, ..., one for each picture.", 0, uint.MaxValue)))),
        ("max_sequence_length", Integer("An extension: only what the model reads anyway.", 1)),
        ("user", Text("Without effect.")),
        ("moderation", Text("Without effect.")),
        ("generator_device", Text("An extension without effect: the noise does not depend on a device.")),
        ("vae_use_slicing", Flag("An extension without effect.")),
        ("vae_use_tiling", Flag("An extension without effect.")),
    ];

    private static readonly OpenApiSchema Response = Whole(
        ("id", Text("For /v1/images/{id}/content.")), ("created", Integer("Seconds since 1970.")), ("background", Text()), ("output_format", Text()),
        ("quality", Text()), ("size", Text()), ("inference_time_s", Number("Seconds.", 0, double.MaxValue)),
        ("data", List(Object([], ("b64_json", Text("The file.")), ("url", Text("Where it is."))))));

    private static readonly OpenApiSchema Usage = Whole(
        ("input_tokens", Integer("")), ("input_tokens_details", Whole(("text_tokens", Integer("")), ("image_tokens", Integer("")))), ("output_tokens", Integer("")),
        ("total_tokens", Integer("")));

    private static readonly OpenApiSchema Error = Whole(
        ("error", ErrorObject()), ("detail", Text()));

    private static readonly OpenApiSchema ModelShape = Whole(("id", Text()), ("object", Word("", null, "model")), ("created", Integer("")), ("owned_by", Text()),
        ("root", Text("The checkpoint.")), ("parent", Nullable(Text())), ("dit_precision", Text()), ("vae_precision", Text()), ("pipeline_class", Text()));

    public static RouteDescription Generate { get; } = new(Tag, "Draws pictures from text")
    {
        Request = Request,
        Example = """{"prompt":"a big red circle on a blue background","size":"1024x1024","output_format":"png"}""",
        Answers = [RouteAnswer.Json(200, Response), .. Events("image_generation"), .. Files(zip: true), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Edit { get; } = new(Tag, "Edits pictures by an instruction; with a mask only what it marks")
    {
        Request = EditRequest,
        Form = EditForm,
        Example = $$"""{"prompt":"Make the background green","image":"data:image/png;base64,{{Sample}}","size":"auto"}""",
        Answers = [RouteAnswer.Json(200, Response), .. Events("image_edit"), .. Files(zip: true), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Vary { get; } = new(Tag, "Refused: variations are dall-e-2's")
    {
        Answers = [RouteAnswer.Json(200, Response), .. Errors(400, 401, 429)],
    };

    public static RouteDescription Content { get; } = new(Tag, "A picture of an answer, by the answer's id; ?variant=1 is the second one")
    {
        Answers = [.. Files(zip: false), .. Errors(401, 404, 429)],
    };

    public static RouteDescription Models { get; } = new(Tag, "The served models under all of their names")
    {
        Answers = [RouteAnswer.Json(200, Whole(("object", Word("", null, "list")), ("data", List(ModelShape)))), .. Errors(503)],
    };

    public static RouteDescription Model { get; } = new(Tag, "One model; its id may have a publisher")
    {
        Answers = [RouteAnswer.Json(200, ModelShape), .. Errors(404, 503)],
    };

    internal static OpenApiSchema Picture() => Text("A data URI, base64, or an address that is fetched.");

    private static OpenApiSchema ErrorObject() =>
        Whole(("message", Text()), ("type", Text()), ("param", Nullable(Text())), ("code", Nullable(Text())));

    private static OpenApiSchema File(string description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    private static IEnumerable<RouteAnswer> Files(bool zip) =>
        PictureTypes.Concat(zip ? ["application/zip"] : []).Select(type => new RouteAnswer(200, type, File("")));

    // The data of the events; each one's name is its type, but of errors, which are named error.
    private static IEnumerable<RouteAnswer> Events(string name)
    {
        (string, IOpenApiSchema)[] picture =
        [
            ("b64_json", Text("The file.")), ("created_at", Integer("Seconds since 1970.")), ("size", Text()), ("quality", Text()), ("background", Text()),
            ("output_format", Text()),
        ];
        yield return new RouteAnswer(200, "text/event-stream", Any(
            Whole([("type", Word("", null, $"{name}.partial_image")), .. picture, ("partial_image_index", Integer("From 0."))]),
            Whole([("type", Word("", null, $"{name}.completed")), .. picture, ("usage", Usage)]),
            Whole(("error", ErrorObject()))));
    }

    internal static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Error));
}
