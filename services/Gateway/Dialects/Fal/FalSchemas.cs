using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class FalSchemas
{
    /// <summary>A picture that the shipped model draws.</summary>
    public const string Example = """{"prompt":"a big red circle on a blue background","image_size":"square_hd","num_inference_steps":20,"seed":7}""";

    private const string Tag = "fal";

    private static readonly OpenApiSchema Input = Object(["prompt"],
        ("prompt", Text("What to draw, or the instruction.", FalRequest.MaxPromptLength)),
        ("image_url", Text("Of qwen-image-edit, required there: an address that is fetched, or a data URI.")),
        ("image_urls", List(Text("Of the other endpoints that edit, required there; in the prompt's order."))),
        ("negative_prompt", Text("Default one blank.", FalRequest.MaxPromptLength)),
        ("image_size", Any(
            Word("Default landscape_4_3; of edits the input's shape.", null, FalImageSize.Named.Keys),
            Whole(("width", Integer("", 1)), ("height", Integer("", 1))))),
        ("num_inference_steps", Integer("Default 30, at most 50; of edit-plus, edit-2509 and edit-2511 50 and 100.", FalRequest.MinSteps, 100)),
        ("guidance_scale", Number("Default 2.5; of edits 4.", 0, FalRequest.MaxGuidance)),
        ("num_images", Integer("", 1, FalRequest.MaxCount, otherwise: 1)),
        ("output_format", Word("", "png", "png", "jpeg")),
        ("seed", Integer("Absent takes a random one.", 0, FalRequest.MaxSeed)),
        ("sync_mode", Flag("The files come in the answer, as data URIs.", otherwise: false)),
        ("enable_safety_checker", Flag("Only true.", otherwise: true)),
        ("acceleration", Word("Only the endpoint's default.", null, "none", "regular")),
        ("loras", List(Anything("None are served."))));

    private static readonly OpenApiSchema Output = Whole(
        ("images", List(Whole(
            ("url", Text()), ("content_type", Text()), ("file_name", Text()), ("file_size", Integer("Bytes.")), ("width", Integer("")), ("height", Integer(""))))),
        ("timings", Whole(("inference", Number("Seconds.", 0, double.MaxValue)))),
        ("seed", Integer("Of the first picture; the next ones follow it.")),
        ("has_nsfw_concepts", List(Flag("Whether a black picture stands for the one that was drawn."))),
        ("prompt", Text()));

    private static readonly OpenApiSchema Submitted = Whole(
    [
        ("status", Word("", null, "IN_QUEUE", "IN_PROGRESS", "COMPLETED")), ("request_id", Text()), ("gateway_request_id", Text()),
        ("queue_position", Integer("")), .. Addresses(),
    ]);

    private static readonly OpenApiSchema State = Object(["status", "request_id", "response_url", "status_url", "cancel_url"],
    [
        ("status", Word("A request that has failed or was cancelled is COMPLETED, too.", null, "IN_QUEUE", "IN_PROGRESS", "COMPLETED")),
        ("request_id", Text()),
        .. Addresses(),
        ("queue_position", Integer("Of IN_QUEUE: requests of the same key that wait before it.")),
        ("logs", List(Whole(("message", Text()), ("level", Text()), ("source", Text()), ("timestamp", Text())))),
        ("metrics", Whole(("inference_time", Number("Seconds.", 0, double.MaxValue)))),
        ("error", Text("When there is no picture.")),
    ]);

    private static readonly OpenApiSchema Failure = Whole(("detail", Any(Text(), List(Object(["loc", "msg", "type"], ("loc", List(Anything(""))), ("msg", Text()), ("type", Text()))))));

    public static RouteDescription Draw { get; } = new(Tag, "Draws or edits pictures with the endpoint of the path, e.g. qwen-image")
    {
        Request = Input,
        Example = Example,
        Answers = [RouteAnswer.Json(200, Output), .. Errors(401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503, 504)],
    };

    public static RouteDescription Submit { get; } = new(Tag, "Accepts a request for the queue; ?fal_webhook= is told of its end")
    {
        Request = Input,
        Example = Example,
        Answers = [RouteAnswer.Json(200, Submitted), .. Errors(401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 503)],
    };

    public static RouteDescription Status { get; } = new(Tag, "Where a request is; with ?logs=1 what has happened")
    {
        Answers = [RouteAnswer.Json(200, State), .. Errors(401, 404, 429)],
    };

    public static RouteDescription StatusStream { get; } = new(Tag, "The same as server-sent events, until the end")
    {
        Answers = [new RouteAnswer(200, "text/event-stream", State), .. Errors(401, 404, 429)],
    };

    public static RouteDescription Result { get; } = new(Tag, "The pictures of a request, or why there are none")
    {
        Answers = [RouteAnswer.Json(200, Output), .. Errors(400, 401, 404, 422, 429, 499, 500, 503, 504)],
    };

    public static RouteDescription Cancel { get; } = new(Tag, "Ends a request that waits or runs")
    {
        Answers =
        [
            RouteAnswer.Json(200, Whole(("status", Word("It had not begun.", null, "OK")))),
            RouteAnswer.Json(202, Whole(("status", Word("", null, "CANCELLATION_REQUESTED")))),
            RouteAnswer.Json(400, Whole(("status", Word("", null, "ALREADY_COMPLETED")))),
            .. Errors(401, 404, 429),
        ],
    };

    private static (string, IOpenApiSchema)[] Addresses() => [("response_url", Text()), ("status_url", Text()), ("cancel_url", Text())];

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Failure));
}
