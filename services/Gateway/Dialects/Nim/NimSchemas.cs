using Microsoft.OpenApi;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>The dialect's bodies, for /openapi.json.</summary>
internal static class NimSchemas
{
    public const string Tag = "NVIDIA NIM";

    private static readonly OpenApiSchema Request = Object(["prompt"],
        ("prompt", Text("What to draw; empty draws without a condition.", NimRequest.MaxPromptLength)),
        ("negative_prompt", Text("Without effect while cfg_scale is at most 1.", NimRequest.MaxPromptLength)),
        ("width", Integer("Pixels; default the model's, or the input picture's at the model's area.", NimTranslation.MinSide, NimTranslation.MaxSide)),
        ("height", Integer("Pixels; default the model's, or the input picture's at the model's area.", NimTranslation.MinSide, NimTranslation.MaxSide)),
        ("aspect_ratio", Word("The model's size of this ratio.", null, "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "match_input_image")),
        ("cfg_scale", Number("True CFG scale; at most 1 turns guidance off. Default the model's.", 0, NimRequest.MaxCfgScale)),
        ("steps", Integer("Denoising steps.", NimRequest.MinSteps, NimRequest.MaxSteps, otherwise: NimTranslation.DefaultSteps)),
        ("seed", Integer("0 takes a random one; the answer names it.", 0, NimRequest.SeedLimit - 1, otherwise: 0)),
        ("samples", Integer("Pictures.", 1, 1, otherwise: 1)),
        ("image", Any(Text("The picture to edit: a data URI, base64 or an address. Its prompt is the instruction."), List(Text("Several, in the prompt's order.")))),
        ("mode", Text("Any but canny and depth; Image Editing needs a picture, Image Generation takes none.")),
        ("output_format", Word("An extension of the vendor's interface.", "jpeg", NimRequest.OutputFormats)),
        ("disable_safety_checker", Flag("Without effect.")),
        ("preprocess_image", Flag("Without effect.")));

    private static readonly OpenApiSchema Response = Whole(("artifacts", List(Whole(
        ("base64", Text("The file.")), ("finishReason", Word("CONTENT_FILTERED: refused or withheld; base64 is empty.", null, "SUCCESS", "CONTENT_FILTERED")), ("seed", Integer("The one used."))))));

    private static readonly OpenApiSchema Error = Whole(("detail", Text()));

    private static readonly OpenApiSchema Faults = Whole(("detail", List(Object(["type", "loc", "msg", "input"],
        ("type", Text()), ("loc", List(Any(Text(), Integer("")))), ("msg", Text()), ("input", Anything("What was sent.")), ("ctx", Anything("The rule that was broken."))))));

    private static readonly OpenApiSchema Health = Whole(("object", Text()), ("message", Text()), ("status", Text()));

    private static readonly OpenApiSchema License = Whole(("name", Text()), ("path", Text()), ("sha", Text()), ("size", Integer("")), ("url", Text()), ("type", Text()), ("content", Text()));

    private static readonly (string, OpenApiSchema) PollSeconds =
        (NimHeaders.PollSeconds, Integer("How long the answer may be held; then it is 202, with the id to ask with in NVCF-REQID.", 0, NimHeaders.MaxPollSeconds));

    public static RouteDescription Generate { get; } = new(Tag, "Draws a picture, or edits one")
    {
        Request = Request,
        OptionalHeaders = [PollSeconds, (NimHeaders.InputAssets, Text("Ids of the assets that the pictures may refer to, separated by commas; without it, all of the caller's."))],
        Example = """{"prompt":"a big red circle on a blue background","width":1024,"height":1024,"steps":20,"cfg_scale":4,"seed":7}""",
        Answers =
        [
            RouteAnswer.Json(StatusCodes.Status200OK, Response),
            new RouteAnswer(StatusCodes.Status202Accepted, ""),
            .. new[] { 400, 401, 403, 404, 405, 408, 413, 415 }.Select(status => RouteAnswer.Json(status, Error)),
            RouteAnswer.Json(StatusCodes.Status422UnprocessableEntity, Faults),
            .. new[] { 429, 500, 503, 504 }.Select(status => RouteAnswer.Json(status, Error)),
        ],
    };

    public static RouteDescription Poll { get; } = new(Tag, "The picture of a request that was answered with 202")
    {
        OptionalHeaders = [PollSeconds],
        Answers =
        [
            RouteAnswer.Json(StatusCodes.Status200OK, Response),
            new RouteAnswer(StatusCodes.Status202Accepted, ""),
            .. new[] { 401, 404, 500 }.Select(status => RouteAnswer.Json(status, Error)),
            RouteAnswer.Json(StatusCodes.Status422UnprocessableEntity, Faults),
        ],
    };

    public static RouteDescription CreateAsset { get; } = new(Tag, "An id for a picture, and the address to PUT it to")
    {
        Request = Object(["contentType"],
            ("contentType", Word("What the upload's Content-Type will be.", null, FileTypes.Pictures)),
            ("description", Text("What its x-amz-meta-nvcf-asset-description will be.", NimAssets.MaxDescriptionLength))),
        Example = """{"contentType":"image/png","description":"a red circle"}""",
        Answers =
        [
            RouteAnswer.Json(StatusCodes.Status200OK, Whole(("assetId", Text()), ("uploadUrl", Text("Valid for an hour.")), ("contentType", Text()), ("description", Text()))),
            .. new[] { 401, 408, 413, 415 }.Select(status => RouteAnswer.Json(status, Error)),
            RouteAnswer.Json(StatusCodes.Status422UnprocessableEntity, Faults),
        ],
    };

    public static RouteDescription DeleteAsset { get; } = new(Tag, "Forgets an asset")
    {
        Answers = [new RouteAnswer(StatusCodes.Status204NoContent, ""), .. new[] { 401, 404 }.Select(status => RouteAnswer.Json(status, Error))],
    };

    public static RouteDescription Live { get; } = Get("Whether the Gateway runs", Health);

    public static RouteDescription Ready { get; } = Get("Whether a picture could be drawn now", Health) with
    {
        Answers = [RouteAnswer.Json(200, Health), RouteAnswer.Json(503, Whole(("error", Whole(("message", Text())))))],
    };

    public static RouteDescription Metadata { get; } = Get("The model and its licence", Whole(
        ("assetInfo", List(Text())), ("licenseInfo", License), ("modelInfo", List(Whole(("modelUrl", Text()), ("shortName", Text())))),
        ("repository_override", Text()), ("version", Text()), ("selectedModelProfileId", Text())));

    public static RouteDescription Manifest { get; } = Get("The model's profile", Whole(("manifest_file", Text()), ("repository_override", Text())));

    public static RouteDescription Licence { get; } = Get("The licence", License);

    public static RouteDescription Version { get; } = Get("The software's version", Whole(("release", Text()), ("api", Text())));

    private static RouteDescription Get(string summary, OpenApiSchema body) => new(Tag, summary) { Answers = [RouteAnswer.Json(200, body)] };
}
