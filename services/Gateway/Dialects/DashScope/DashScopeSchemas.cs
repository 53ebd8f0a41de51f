using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class DashScopeSchemas
{
    /// <summary>A picture that the shipped model draws.</summary>
    public const string Example =
        """{"model":"qwen-image","input":{"messages":[{"role":"user","content":[{"text":"a big red circle on a blue background"}]}]},"parameters":{"size":"1328*1328","seed":7}}""";

    private const string Tag = "DashScope";

    private static readonly OpenApiSchema Content = Object([],
        ("text", Text("The prompt or the instruction, in exactly one item; cut after 800 characters.")),
        ("image", Text("An address that is fetched, or a data URI; sides of 384 to 3072 pixels. One to three items edit, none draws from text.")));

    private static readonly OpenApiSchema Request = Object(["model", "input"],
        ("model", ModelName()),
        ("input", Whole(("messages", List(Whole(("role", Word("", null, "user")), ("content", List(Content))))))),
        ("parameters", Parameters()));

    private static readonly OpenApiSchema Submission = Object(["model", "input"],
        ("model", ModelName()),
        ("input", Object(["prompt"], ("prompt", Text("Cut after 800 characters.")), ("negative_prompt", Text("Also among the parameters.")))),
        ("parameters", Parameters()));

    private static readonly OpenApiSchema Response = Whole(
        ("output", Whole(
            ("choices", List(Whole(
                ("finish_reason", Word("", null, "stop")),
                ("message", Whole(("role", Word("", null, "assistant")), ("content", List(Whole(("image", Text("Where the PNG file is.")))))))))),
            ("task_metric", Whole(("TOTAL", Integer("")), ("SUCCEEDED", Integer("")), ("FAILED", Integer("Withheld by a guardrail.")))))),
        ("usage", Whole(("image_count", Integer("")), ("width", Integer("")), ("height", Integer("")))),
        ("request_id", Text()));

    private static readonly OpenApiSchema Submitted = Whole(("output", Whole(("task_status", Status()), ("task_id", Text()))), ("request_id", Text()));

    private static readonly OpenApiSchema Task = Object(["request_id", "output"],
        ("request_id", Text()),
        ("output", Object(["task_id", "task_status"],
            ("task_id", Text()), ("task_status", Status()),
            ("submit_time", Text("UTC, YYYY-MM-DD HH:MM:SS.mmm.")), ("scheduled_time", Text()), ("end_time", Text()),
            ("results", List(Object([],
                ("orig_prompt", Text()), ("actual_prompt", Text("The same: prompts are not rewritten.")), ("url", Text()), ("code", Text()), ("message", Text())))),
            ("code", Text("When it has failed.")), ("message", Text("When it has failed.")))),
        ("usage", Whole(("image_count", Integer("")))));

    private static readonly OpenApiSchema Error = Whole(("request_id", Text()), ("code", Text()), ("message", Text()));

    public static RouteDescription Draw { get; } = new(Tag, "Draws or edits pictures")
    {
        Request = Request,
        Example = Example,
        Answers = [RouteAnswer.Json(200, Response), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Submit { get; } = new(Tag, "Accepts a picture as a task")
    {
        Headers = [("X-DashScope-Async", "enable")],
        Request = Submission,
        Example = """{"model":"qwen-image","input":{"prompt":"a big red circle on a blue background"},"parameters":{"size":"1328*1328","n":1}}""",
        Answers = [RouteAnswer.Json(200, Submitted), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503)],
    };

    public static RouteDescription Show { get; } = new(Tag, "A task and its result; UNKNOWN when there is none of the id")
    {
        Answers = [RouteAnswer.Json(200, Task), .. Errors(401, 429)],
    };

    public static RouteDescription Cancel { get; } = new(Tag, "Ends a task that waits")
    {
        Answers = [RouteAnswer.Json(200, Whole(("request_id", Text()))), .. Errors(400, 401, 429)],
    };

    private static OpenApiSchema ModelName() => Text("qwen-image, -plus, -max, -2.0, -2.0-pro, -edit, -edit-plus, -edit-max, snapshots of them by date, or a name of a served model.");

    private static OpenApiSchema Status() => Word("", null, "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN");

    private static OpenApiSchema Parameters() => Object([],
        ("size", Text("WIDTH*HEIGHT. Default 1664*928; 2048*2048 of 2.0; the input's shape of edits.")),
        ("n", Integer("Pictures; more than 1 only of -2.0, -edit-plus and -edit-max.", 1, 6, otherwise: 1)),
        ("negative_prompt", Text("Cut after 500 characters.")),
        ("prompt_extend", Flag("Without effect: prompts are drawn as they are.", otherwise: true)),
        ("watermark", Flag("Only false.", otherwise: false)),
        ("seed", Integer("Absent takes a random one.", 0, int.MaxValue)));

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Error));
}
