using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <param name="Created">Seconds since 1970; when the Gateway was started.</param>
internal sealed record OpenAiModel(string Id, string Object, long Created, [property: JsonPropertyName("owned_by")] string OwnedBy);

/// <summary>The served model under all of its names; a name may be asked for without its publisher, as clients of this interface do.</summary>
internal sealed class OpenAiModels(ModelNames names, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public OpenAiModel[] All(ServedModel served) => [.. names.All(served.Profile).Select(Model)];

    /// <exception cref="DialectException">It is not served.</exception>
    public OpenAiModel Find(ServedModel served, string id) => names.All(served.Profile)
        .Where(name => Is(name, id) || Is(Bare(name), id)).Select(_ => Model(id)).FirstOrDefault()
        ?? throw new DialectException(DialectErrorKind.UnknownModel,
            $"The model '{Echo.Cut(id)}' does not exist here; served are {string.Join(", ", names.All(served.Profile))}");

    public static Task WriteAsync(DialectCall call, OpenAiModel[] models) =>
        call.Context.Response.WriteAsJsonAsync(new { Object = "list", Data = models }, Json, call.Aborted);

    public static Task WriteAsync(DialectCall call, OpenAiModel model) => call.Context.Response.WriteAsJsonAsync(model, Json, call.Aborted);

    private OpenAiModel Model(string name) => new(name, "model", _created, "qwenmesh");

    private static bool Is(string name, string id) => name.Equals(id, StringComparison.OrdinalIgnoreCase);

    private static string Bare(string name) => name[(name.LastIndexOf('/') + 1)..];
}
