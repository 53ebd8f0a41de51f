using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>What SGLang's server has beside pictures: health, what it has loaded, and adapters, of which there are none here.</summary>
internal sealed class SglangRoutes(ModelDirectory models, GatewayReadiness readiness)
{
    public static IReadOnlyList<string> Prefixes { get; } =
        ["/v1/model_info", "/v1/list_loras", "/v1/set_lora", "/v1/merge_lora_weights", "/v1/unmerge_lora_weights", "/health_generate"];

    public void Map(IEndpointRouteBuilder endpoints, IDialect dialect)
    {
        foreach (var path in new[] { "/health", "/health_generate" })
        {
            endpoints.MapCall(dialect, HttpMethods.Get, path, WriteHealthAsync, RouteAccess.Open).Describe(SglangSchemas.Health);
        }
        endpoints.MapCall(dialect, HttpMethods.Get, "/models", WriteLoadedAsync).Describe(SglangSchemas.Loaded);
        endpoints.MapCall(dialect, HttpMethods.Get, "/v1/model_info", WriteInfoAsync).Describe(SglangSchemas.ModelInfo);
        endpoints.MapCall(dialect, HttpMethods.Get, "/v1/list_loras", WriteAdaptersAsync).Describe(SglangSchemas.Adapters);
        foreach (var path in new[] { "/v1/set_lora", "/v1/merge_lora_weights", "/v1/unmerge_lora_weights" })
        {
            endpoints.MapCall(dialect, HttpMethods.Post, path, RefuseAdaptersAsync, RouteAccess.Asks).Describe(SglangSchemas.ChangeAdapters);
        }
    }

    private Task WriteHealthAsync(DialectCall call)
    {
        return readiness.Reason is { } reason
            ? throw new DialectException(DialectErrorKind.Unavailable, reason)
            : JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => json.WriteString("status", "ok"));
    }

    private Task WriteInfoAsync(DialectCall call)
    {
        var served = models.Choose(null)!;
        return JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json => json.WriteString("model_path", served.ModelId));
    }

    private Task WriteLoadedAsync(DialectCall call)
    {
        var served = models.Choose(null)!;
        return JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("model_path", served.ModelId);
            json.WriteString("dit_precision", Precision(served.Denoiser));
            json.WriteString("vae_precision", Precision(served.Vae));
            json.WriteString("pipeline_class", served.Denoiser.PipelineClass);
        });
    }

    private static Task WriteAdaptersAsync(DialectCall call) => JsonAnswer.WriteAsync(call.Context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("loaded_adapters");
        json.WriteEndArray();
        json.WriteStartObject("active");
        json.WriteEndObject();
    });

    private static Task RefuseAdaptersAsync(DialectCall call) =>
        throw new DialectException(DialectErrorKind.InvalidRequest, "adapters are not served here; the weights of a running model are not changed");

    /// <summary>In SGLang's words, e.g. "bf16".</summary>
    public static string Precision(ModelInfo stage) => stage.ComputeDtype switch
    {
        DataType.Float32 => "fp32",
        DataType.Float16 => "fp16",
        DataType.Bfloat16 => "bf16",
        var other => other.ToString(),
    };
}
