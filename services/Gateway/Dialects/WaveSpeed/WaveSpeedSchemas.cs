using Microsoft.OpenApi;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class WaveSpeedSchemas
{
    private const string Tag = "WaveSpeed";

    // A PNG of 16 by 16 blue pixels.
    private const string Sample = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNQjbpDEmIY1TCqYfhqAADDHlsQUh3a2wAAAABJRU5ErkJggg==";

    private static readonly OpenApiSchema Error = Whole(("code", Integer("The HTTP status.")), ("message", Text()));

    private static readonly (string Name, IOpenApiSchema Schema)[] PredictionFields =
    [
        ("id", Text()), ("model", Text()), ("outputs", List(Text("An address that expires, or base64."))), ("urls", Whole(("get", Text()))),
        ("has_nsfw_contents", List(Flag("Whether the picture is withheld."))), ("status", Word("", null, WaveSpeedHistory.Statuses)), ("created_at", Text()),
        ("error", Text("Empty while nothing is wrong.")), ("timings", Whole(("inference", Integer("Milliseconds.")))),
    ];

    private static readonly (string Name, IOpenApiSchema Schema) Code = ("code", Integer("Why it has failed, e.g. 1200 content moderation, 5004 timeout."));

    private static readonly OpenApiSchema PredictionShape = Object(PredictionFields.Select(field => field.Name), [.. PredictionFields, Code]);

    private static readonly OpenApiSchema Item = Object(
        PredictionFields.Select(field => field.Name), [.. PredictionFields, Code, ("input", Anything("What was submitted.")), ("executionTime", Integer("Milliseconds."))]);

    public static RouteDescription Prediction { get; } = new(Tag, "A prediction as it is now")
    {
        Answers = [Answer(PredictionShape), .. Errors(404)],
    };

    public static RouteDescription History { get; } = new(Tag, "The caller's predictions, the newest first")
    {
        Request = Object(["page", "page_size"],
            ("page", Integer("From 1.", 1, WaveSpeedHistory.MaxPage)), ("page_size", Integer("", 1, WaveSpeedHistory.MaxPageSize)), ("model", Text("E.g. wavespeed-ai/qwen-image/edit.")),
            ("status", Word("", null, WaveSpeedHistory.Statuses)), ("created_after", Text("E.g. 2026-01-01T00:00:00Z.")), ("created_before", Text())),
        Example = """{"page":1,"page_size":10}""",
        Answers = [Answer(Whole(("page", Integer("")), ("total", Integer("Of all pages.")), ("items", List(Item)))), .. Errors(400, 405, 408, 413, 415)],
    };

    public static RouteDescription Upload { get; } = new(Tag, "Keeps a picture for later requests")
    {
        Form = Object(["file"], ("file", new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "PNG, JPEG, WebP or GIF, with a file name." })),
        Answers = [Answer(Whole(("type", Word("", null, "image")), ("download_url", Text()), ("filename", Text()), ("size", Integer("Bytes.")))), .. Errors(400, 408, 413, 415)],
    };

    public static RouteDescription BeginUpload { get; } = new(Tag, "An address to PUT a picture to, and the one it is read from")
    {
        Request = Whole(("filename", Text("", WaveSpeedMedia.MaxNameLength)), ("size", Integer("Bytes.", 1)), ("content_type", Word("", null, FileTypes.Pictures))),
        Example = """{"filename":"picture.png","size":4096,"content_type":"image/png"}""",
        Answers =
        [
            Answer(Whole(("upload", Whole(("method", Word("", null, "PUT")), ("url", Text()), ("headers", Anything("To be sent with it.")))), ("download_url", Text()))),
            .. Errors(400, 408, 413, 415),
        ],
    };

    public static RouteDescription Secret { get; } = new(Tag, "What webhooks are signed with")
    {
        Answers = [Answer(Whole(("secret", Text("whsec_...; the key is what follows the prefix, as it is."))))],
    };

    public static RouteDescription Submit(WaveSpeedVariant variant) => new(Tag, variant.PictureField is null ? "Draws a picture from text" : "Edits a picture by an instruction")
    {
        Request = Object(variant.PictureField is { } required ? ["prompt", required] : ["prompt"], Fields(variant)),
        Example = variant.PictureField switch
        {
            null => """{"prompt":"a big red circle on a blue background","size":"1024*1024","seed":7,"enable_sync_mode":true}""",
            "image" => $$"""{"prompt":"Make the background green","image":"{{Sample}}","seed":-1,"output_format":"png"}""",
            _ => $$"""{"prompt":"Make the background green","images":["{{Sample}}"],"seed":-1,"output_format":"png"}""",
        },
        Answers = [Answer(PredictionShape), .. Errors(400, 404, 405, 408, 413, 415, 429, 500, 503)],
    };

    private static IEnumerable<(string, IOpenApiSchema)> Fields(WaveSpeedVariant variant)
    {
        yield return ("prompt", Text("Not empty.", WaveSpeedRequest.MaxPromptLength));
        if (variant.PictureField is { } name)
        {
            var picture = Text("An address that is fetched, a data URI, or base64.");
            yield return (name, name == "image" ? picture : List(picture));
        }
        if (variant.HasSize)
        {
            yield return ("size", Text(FormattableString.Invariant(
                $"WIDTH*HEIGHT, each {WaveSpeedVariant.MinSide} to {variant.MaxSide}. Default {(variant.PictureField is null ? "1024*1024" : "the picture's shape")}.")));
        }
        if (variant.HasLoras)
        {
            yield return ("loras", List(Whole(("path", Text()), ("scale", Number("", 0, WaveSpeedRequest.MaxScale)))));
        }
        yield return ("seed", Integer("-1 takes a random one.", -1, WaveSpeedRequest.MaxSeed, otherwise: -1));
        yield return ("output_format", Word("", "jpeg", WaveSpeedRequest.OutputFormats));
        yield return ("enable_sync_mode", Flag("Waits for the picture.", otherwise: false));
        yield return ("enable_base64_output", Flag("Outputs are base64, not addresses.", otherwise: false));
        yield return ("webhook_url", Text("Where the end is told; the query's webhook comes before it."));
    }

    private static RouteAnswer Answer(IOpenApiSchema data) =>
        RouteAnswer.Json(200, Whole(("code", Integer("200.")), ("message", Text()), ("data", data)));

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) =>
        [RouteAnswer.Json(401, Error), .. statuses.Select(status => RouteAnswer.Json(status, Error))];
}
