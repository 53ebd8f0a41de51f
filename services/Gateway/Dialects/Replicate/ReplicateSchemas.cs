using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class ReplicateSchemas
{
    private const string Tag = "Replicate";

    private static readonly OpenApiSchema Input = Object(["prompt"],
        ("prompt", Text("What to draw, or the instruction; not empty.", ReplicateRequest.MaxPromptLength)),
        ("negative_prompt", Text("Of models that draw from text.", ReplicateRequest.MaxPromptLength)),
        ("image", Any(Text("A data URI, base64, or an address that is fetched: to edit, or to draw from with a strength."), Schemas.List(Text()))),
        ("strength", Number("Of models that draw from text, with an image; above 0. Default 0.9, of qwen-image-2512 0.8.", 0, 1)),
        ("aspect_ratio", Word("Default 16:9; with an image the image's.", null, [.. ReplicateRequest.Ratios, ReplicateRequest.AsPicture, ReplicateRequest.Custom])),
        ("width", Integer("Of a custom size.", ReplicateRequest.MinSide, ReplicateRequest.MaxSide)),
        ("height", Integer("Of a custom size.", ReplicateRequest.MinSide, ReplicateRequest.MaxSide)),
        ("image_size", Word("Of qwen-image.", ReplicateRequest.Quality, ReplicateRequest.Quality, ReplicateRequest.Speed)),
        ("num_inference_steps", Integer("Of models that draw from text. Default 30, of qwen-image-2512 40.", 1, ReplicateRequest.MaxSteps)),
        ("guidance", Number("Of models that draw from text. Default 3, of qwen-image-2512 4.", 0, ReplicateRequest.MaxGuidance)),
        ("seed", Integer("Absent takes a random one.", 0, uint.MaxValue)),
        ("go_fast", Flag("Without effect.", otherwise: true)),
        ("output_format", Word("", "webp", ReplicateRequest.OutputFormats)),
        ("output_quality", Integer("Of WebP and JPEG. Default 80, of edits 95.", 0, 100)),
        ("enhance_prompt", Flag("Only false.", otherwise: false)),
        ("disable_safety_checker", Flag("Only false.", otherwise: false)));

    private static readonly (string, IOpenApiSchema)[] Body =
    [
        ("input", Input),
        ("webhook", Text("An address that is told, signed as Standard Webhooks are.")),
        ("webhook_events_filter", Schemas.List(Word("Absent for all.", null, ReplicateWebhook.Events))),
    ];

    private static readonly OpenApiSchema Prediction = Whole(
        ("id", Text()), ("model", Text()), ("version", Text()), ("input", Anything("What was asked for, without the bytes of pictures.")), ("logs", Text()),
        ("output", Nullable(Schemas.List(Text("Where the picture is fetched.")))), ("data_removed", Flag("")), ("error", Nullable(Text())), ("source", Text()),
        ("status", Word("", null, ReplicateStatus.All)), ("created_at", Text()), ("started_at", Nullable(Text())), ("completed_at", Nullable(Text())),
        ("metrics", Object([], ("predict_time", Seconds()), ("total_time", Seconds()))), ("urls", Whole(("get", Text()), ("cancel", Text()))));

    private static readonly OpenApiSchema Error = Object(["type", "title", "status", "detail", "instance"],
        ("type", Text()), ("title", Text()), ("status", Integer("")), ("detail", Text()), ("instance", Text()),
        ("invalid_fields", Schemas.List(Whole(("field", Text()), ("description", Text())))));

    public static RouteDescription CreateOfModel { get; } = new(Tag, "Makes a prediction of a model; Prefer: wait waits for its end")
    {
        Request = Object(["input"], Body),
        Example = """{"input":{"prompt":"a big red circle on a blue background","aspect_ratio":"1:1"}}""",
        Answers = [RouteAnswer.Json(201, Prediction), RouteAnswer.Json(202, Prediction), .. Errors(400, 404, 405, 408, 413, 415, 422, 429, 500, 503)],
    };

    public static RouteDescription Create { get; } = CreateOfModel with
    {
        Summary = "Makes a prediction of a version; Prefer: wait waits for its end",
        Request = Object(["version", "input"], [("version", Text("owner/name, owner/name:hash, or a hash: then the input decides.")), .. Body]),
        Example = """{"version":"qwen/qwen-image","input":{"prompt":"a big red circle on a blue background","aspect_ratio":"1:1"}}""",
    };

    public static RouteDescription Get { get; } = new(Tag, "A prediction as it is now") { Answers = [RouteAnswer.Json(200, Prediction), .. Errors(404)] };

    public static RouteDescription Cancel { get; } = new(Tag, "Ends a prediction") { Answers = [RouteAnswer.Json(200, Prediction), .. Errors(404)] };

    public static RouteDescription List { get; } = new(Tag, "The predictions of the caller, the newest first, 100 a page")
    {
        Answers = [RouteAnswer.Json(200, Whole(("previous", Nullable(Text())), ("next", Nullable(Text())), ("results", Schemas.List(Prediction)))), .. Errors(422)],
    };

    public static RouteDescription File { get; } = new(Tag, "Keeps a picture for the inputs of later predictions")
    {
        Form = Object(["content"], ("content", new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "PNG, JPEG, WebP or GIF, with a file name." })),
        Answers =
        [
            RouteAnswer.Json(201, Whole(
                ("id", Text()), ("name", Text()), ("content_type", Text()), ("size", Integer("Bytes.")), ("metadata", Anything("Nothing.")), ("expires_at", Text()),
                ("urls", Whole(("get", Text("To be named in an input.")))))),
            .. Errors(408, 413, 415, 422),
        ],
    };

    public static RouteDescription Secret { get; } = new(Tag, "What webhooks are signed with") { Answers = [RouteAnswer.Json(200, Whole(("key", Text())))] };

    private static OpenApiSchema Seconds() => new() { Type = JsonSchemaType.Number };

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) =>
        statuses.Select(status => new RouteAnswer(status, GatewayErrors.ContentType, Error));
}
