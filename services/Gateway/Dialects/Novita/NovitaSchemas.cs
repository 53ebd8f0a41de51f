using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class NovitaSchemas
{
    private const string Tag = "Novita";

    // A PNG of 16 by 16 blue pixels.
    private const string Sample = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNQjbpDEmIY1TCqYfhqAADDHlsQUh3a2wAAAABJRU5ErkJggg==";

    private static readonly OpenApiSchema Error = Whole(("code", Integer("The HTTP status.")), ("reason", Text("E.g. INVALID_REQUEST_BODY.")), ("message", Text()), ("metadata", Anything("Empty.")));

    private static readonly OpenApiSchema Task = Whole(("task_id", Text()));

    private static readonly OpenApiSchema Image = Whole(
        ("image_url", Text("It expires.")), ("image_url_ttl", Text("Seconds.")), ("image_type", Word("", null, NovitaRequest.OutputFormats)), ("nsfw_detection_result", Anything("Null.")));

    public static RouteDescription Draw { get; } = new(Tag, "Draws a picture from text")
    {
        Request = Object(["prompt"],
        [
            ("prompt", Text("Not empty.", NovitaRequest.MaxPromptLength)),
            ("size", Text(FormattableString.Invariant($"WIDTH*HEIGHT, each {NovitaRequest.MinSide} to {NovitaRequest.MaxSide}. Default 1024*1024."))),
            .. Common(),
        ]),
        Example = """{"prompt":"a big red circle on a blue background","size":"1024*1024"}""",
        Answers = [RouteAnswer.Json(200, Task), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503)],
    };

    public static RouteDescription Edit { get; } = new(Tag, "Edits a picture by an instruction")
    {
        Request = Object(["prompt", "image"],
        [
            ("prompt", Text("The instruction; not empty.", NovitaRequest.MaxPromptLength)),
            ("image", Text("An address that is fetched, a data URI, or base64.")),
            .. Common(),
        ]),
        Example = $$"""{"prompt":"Make the background green","image":"{{Sample}}","seed":123,"output_format":"png"}""",
        Answers = [RouteAnswer.Json(200, Task), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503)],
    };

    public static RouteDescription Result { get; } = new(Tag, "A task as it is now, by ?task_id=")
    {
        Answers =
        [
            RouteAnswer.Json(200, Whole(
                ("extra", Whole(
                    ("seed", Text()), ("enable_nsfw_detection", Flag("")),
                    ("debug_info", Whole(("request_info", Text()), ("submit_time_ms", Text()), ("execute_time_ms", Text()), ("complete_time_ms", Text()))))),
                ("task", Whole(
                    ("task_id", Text()), ("task_type", Text()), ("status", Word("", null, NovitaStatus.All)), ("reason", Text("Of a failure.")), ("eta", Integer("Seconds.")),
                    ("progress_percent", Integer("", 0, 100)))),
                ("images", List(Image)), ("videos", List(Anything("Never one."))), ("audios", List(Anything("Never one."))))),
            .. Errors(400, 401, 404),
        ],
    };

    private static IEnumerable<(string, IOpenApiSchema)> Common() =>
    [
        ("seed", Integer("-1 takes a random one.", -1, NovitaRequest.MaxSeed, otherwise: -1)),
        ("output_format", Word("", "jpeg", NovitaRequest.OutputFormats)),
        ("extra", Object([], ("webhook", Object(["url"],
            ("url", Text("Where the end is told.")),
            ("test_mode", Object([], ("enabled", Flag("", otherwise: false)), ("return_task_status", Word("", NovitaStatus.Succeeded, NovitaStatus.Succeeded, NovitaStatus.Failed)))))))),
    ];

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Error));
}
