using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class OxenSchemas
{
    private const string Tag = "Oxen.ai";

    // A PNG of 16 by 16 blue pixels.
    private const string Sample = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNQjbpDEmIY1TCqYfhqAADDHlsQUh3a2wAAAABJRU5ErkJggg==";

    private static readonly (string, IOpenApiSchema)[] Common =
    [
        ("model", Text("One of /api/ai/models.")),
        ("prompt", Text("What to draw, or the instruction; not empty.", OxenRequest.MaxPromptLength)),
        ("negative_prompt", Text("Without effect while guidance is at most 1.", OxenRequest.MaxPromptLength)),
        ("aspect_ratio", Word("The model's size of this ratio; match_input_image takes the picture's shape.", OxenTranslation.DefaultRatio,
            "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "match_input_image")),
        ("image_size", Word("For speed, the longer side has 1024 pixels.", "optimize_for_quality", "optimize_for_quality", "optimize_for_speed")),
        ("size", Nullable(Text("WIDTHxHEIGHT in place of aspect_ratio."))),
        ("match_input_image", Flag("The size has the picture's shape.", otherwise: false)),
        ("num_inference_steps", Integer("Denoising steps.", 1, OxenRequest.MaxSteps, otherwise: OxenTranslation.DefaultSteps)),
        ("guidance", Number("True CFG scale; at most 1 turns guidance off.", 0, OxenRequest.MaxGuidance)),
        ("seed", Integer("Absent takes a random one.", 0, uint.MaxValue)),
        ("output_format", Word("Default the model's.", null, OxenRequest.OutputFormats)),
        ("output_quality", Integer("Of jpg and webp.", 0, 100, otherwise: OxenTranslation.DefaultQuality)),
        ("disable_safety_checker", Flag("Only false.", otherwise: false)),
        ("enable_prompt_expansion", Flag("Without effect.", otherwise: true)),
        ("target_namespace", Text("A label, repeated in the queue.")),
    ];

    private static readonly (string, IOpenApiSchema)[] AtOnce =
        [("n", Integer("Pictures.", 1, OxenRequest.MaxCount, otherwise: 1)), ("response_format", Word("", "url", "url", "b64_json"))];

    private static readonly (string, IOpenApiSchema)[] Pictures =
        [("input_image", Any(Picture(), List(Picture()))), ("image", Any(Picture(), List(Picture()))), ("mask", Text("Transparent, or white where it has no alpha channel, is drawn anew."))];

    private static readonly OpenApiSchema Images = Whole(("model", Text()), ("created", Integer("Seconds since 1970.")),
        ("images", List(Object([], ("url", Text("Signed, and valid for a while.")), ("revised_prompt", Nullable(Text())), ("b64_json", Text("The file."))))));

    private static readonly OpenApiSchema Generation = Object(["generation_id", "model", "status"],
        ("generation_id", Text()), ("model_name", Text()), ("model", Text()), ("prompt", Text()), ("media_type", Text()),
        ("status", Word("", null, "queued", "processing", "succeeded", "failed", "cancelled")),
        ("result_url", Nullable(Text())), ("error_message", Nullable(Text())),
        ("enqueued_at", Integer("Seconds since 1970.")), ("started_at", Nullable(Integer(""))), ("completed_at", Nullable(Integer(""))),
        ("target_namespace", Nullable(Text())), ("target_repo", Nullable(Text())), ("target_directory", Nullable(Text())),
        ("seed", Integer("The one used.")), ("input_image", Any(Text(), List(Text()))));

    private static readonly OpenApiSchema ModelShape = Object(["id", "object", "endpoint", "json_request_schema"],
        ("id", Text()), ("object", Word("", null, "model")), ("created", Integer("")), ("owned_by", Text()), ("display_name", Text()), ("summary", Text()),
        ("endpoint", Text()), ("capabilities", Whole(("input", List(Text())), ("output", List(Text())))),
        ("request_schema", Anything("JSON schema of the parameters.")), ("json_request_schema", Anything("The same.")));

    private static readonly OpenApiSchema Error = Any(
        Whole(("error", Object(["type", "title"], ("type", Text()), ("title", Text()), ("detail", Text()))), ("status", Text()), ("status_message", Text())),
        Whole(("error", Whole(("message", Text("Of an unknown model."))))));

    public static RouteDescription Generate { get; } = new(Tag, "Draws pictures from text")
    {
        Request = Object(["model", "prompt"], [.. Common, .. AtOnce]),
        Example = """{"model":"qwen-image","prompt":"a big red circle on a blue background","aspect_ratio":"1:1","num_inference_steps":20,"seed":7}""",
        Answers = [RouteAnswer.Json(200, Images), .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504)],
    };

    public static RouteDescription Edit { get; } = Generate with
    {
        Summary = "Edits pictures by an instruction",
        Request = Object(["model", "prompt", "input_image"], [.. Common, .. Pictures, .. AtOnce]),
        Example = $$"""{"model":"qwen-image-edit","prompt":"Make the background green","input_image":"data:image/png;base64,{{Sample}}","aspect_ratio":"1:1"}""",
    };

    public static RouteDescription Enqueue { get; } = new(Tag, "Accepts generations: each one is stored, and ends whatever dies")
    {
        Request = Object(["model", "prompt"], [.. Common, .. Pictures, ("num_generations", Integer("Each with the next seed.", 1, OxenRequest.MaxGenerations, otherwise: 1))]),
        Example = """{"model":"qwen-image","prompt":"a big red circle on a blue background","num_generations":2,"seed":7}""",
        Answers =
        [
            RouteAnswer.Json(200, Whole(("generations", List(Whole(("generation_id", Text()), ("status", Text())))))),
            .. Errors(400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503),
        ],
    };

    public static RouteDescription ListQueue { get; } = Get("Generations that wait or run; query: status, model, namespace, media_type, repo, folder",
        Whole(("count", Integer("")), ("generations", List(Generation))), 400, 401);

    public static RouteDescription GetQueued { get; } = Get("A generation, also after its end", Generation, 401, 404);

    public static RouteDescription Cancel { get; } = Get("Ends a generation; one that has ended stays as it is", Whole(("status", Text()), ("generation_id", Text())), 401, 404);

    public static RouteDescription History { get; } = Get("All generations, the newest first; query: page, page_size", Whole(
        ("count", Integer("")), ("generations", List(Generation)), ("page_number", Integer("")), ("page_size", Integer("")), ("total_pages", Integer("")),
        ("total_entries", Integer("")), ("total_cost", Integer(""))), 400, 401);

    public static RouteDescription Detail { get; } = Get("A generation", Whole(("generation", Generation), ("status", Text()), ("status_message", Text())), 401, 404);

    public static RouteDescription Events { get; } = new(Tag, "Ends of generations as server-sent events, those of the last five minutes first")
    {
        Answers = [new RouteAnswer(200, "text/event-stream", Text("event: media_generation_completed, with the generation's id, status and url or error as data.")), .. Errors(401)],
    };

    public static RouteDescription Models { get; } = ModelList("The models; query: deployment_status");

    public static RouteDescription SearchModels { get; } = ModelList("The models that a text is in; query: search");

    public static RouteDescription FeaturedModels { get; } = ModelList("The vendor's models that are served");

    public static RouteDescription FavoriteModels { get; } = ModelList("Empty: favourites are not kept");

    public static RouteDescription Model { get; } = Get("A model with its parameters", ModelShape, 401, 404, 503);

    public static RouteDescription Deployment { get; } = Get("Refused: models are served while their stages run", Error, 401, 404);

    private static RouteDescription ModelList(string summary) => Get(summary, Whole(("object", Word("", null, "list")), ("data", List(ModelShape))), 401, 503);

    private static RouteDescription Get(string summary, OpenApiSchema body, params IEnumerable<int> errors) =>
        new(Tag, summary) { Answers = [RouteAnswer.Json(200, body), .. Errors(errors)] };

    private static OpenApiSchema Picture() => Text("A data URI, base64, or an address that is fetched.");

    private static IEnumerable<RouteAnswer> Errors(params IEnumerable<int> statuses) => statuses.Select(status => RouteAnswer.Json(status, Error));
}
