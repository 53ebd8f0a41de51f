using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's card, and what SGLang's says beside it.</summary>
/// <param name="Created">Seconds since 1970; when the Gateway was started.</param>
/// <param name="Root">The checkpoint behind the name.</param>
internal sealed record OpenAiModel(
    string Id, string Object, long Created, [property: JsonPropertyName("owned_by")] string OwnedBy, string Root, string? Parent,
    [property: JsonPropertyName("dit_precision")] string DitPrecision, [property: JsonPropertyName("vae_precision")] string VaePrecision,
    [property: JsonPropertyName("pipeline_class")] string PipelineClass);

/// <summary>The served models under all of their names; a name may be asked for without its publisher, as clients of this interface do.</summary>
internal sealed class OpenAiModels(ModelDirectory models, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    /// <exception cref="GenerationException">None is ready.</exception>
    public OpenAiModel[] All()
    {
        models.DemandAny();
        return [.. models.All.SelectMany(served => models.NamesOf(served).Select(name => Model(name, served))).DistinctBy(model => model.Id, StringComparer.OrdinalIgnoreCase)];
    }

    /// <exception cref="GenerationException">It is not ready.</exception>
    /// <exception cref="DialectException">It is not served.</exception>
    public OpenAiModel Find(string id) => models.Choose(id) is { } served ? Model(id, served) : throw Unknown(id);

    public DialectException Unknown(string id) =>
        new(DialectErrorKind.UnknownModel, $"The model '{Echo.Cut(id)}' does not exist here; served are {models.Names}");

    public static Task WriteAsync(DialectCall call, OpenAiModel[] models) =>
        call.Context.Response.WriteAsJsonAsync(new { Object = "list", Data = models }, Json, call.Aborted);

    public static Task WriteAsync(DialectCall call, OpenAiModel model) => call.Context.Response.WriteAsJsonAsync(model, Json, call.Aborted);

    private OpenAiModel Model(string name, ServedModel served) => new(
        name, "model", _created, "qwenmesh", served.ModelId, Parent: null, SglangRoutes.Precision(served.Denoiser), SglangRoutes.Precision(served.Vae),
        served.Denoiser.PipelineClass);
}
