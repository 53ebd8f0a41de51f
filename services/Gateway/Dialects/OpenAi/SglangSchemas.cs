using Microsoft.OpenApi;
using QwenMesh.Gateway.OpenApi;
using static QwenMesh.Gateway.OpenApi.Schemas;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>The bodies of SGLang's routes, for /openapi.json.</summary>
internal static class SglangSchemas
{
    private static readonly OpenApiSchema Status = Whole(("status", Word("", null, "ok")));

    public static RouteDescription Health { get; } = Get("Whether a model is ready", Status, 503);

    public static RouteDescription ModelInfo { get; } = Get("The default model's checkpoint", Whole(("model_path", Text())), 401, 429, 503);

    public static RouteDescription Loaded { get; } = Get(
        "What the default model's stages have loaded; /v1/models lists all models",
        Whole(("model_path", Text()), ("dit_precision", Text()), ("vae_precision", Text()), ("pipeline_class", Text())), 401, 429, 503);

    public static RouteDescription Adapters { get; } = Get(
        "The adapters: none", Whole(("loaded_adapters", List(Object([]))), ("active", Object([]))), 401, 429);

    public static RouteDescription ChangeAdapters { get; } = Get("Refused: adapters are not served", Status, 400, 401, 429);

    private static RouteDescription Get(string summary, OpenApiSchema body, params IEnumerable<int> errors) =>
        new(OpenAiSchemas.Tag, summary) { Answers = [RouteAnswer.Json(200, body), .. OpenAiSchemas.Errors(errors)] };
}
