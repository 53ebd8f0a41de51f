using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>What the vendor repeats of a request, as a job keeps it.</summary>
/// <param name="Model">The id that was asked for.</param>
/// <param name="Namespace">Null for none.</param>
/// <param name="Sent">Parameters.</param>
/// <param name="Inputs">The pictures.</param>
/// <param name="IsList">Whether they were sent as a list.</param>
internal sealed record OxenExtra(string Model, string? Namespace, JsonObject Sent, IReadOnlyList<OxenInput> Inputs, bool IsList)
{
    // Longer addresses are repeated as the Gateway's own address of the picture.
    private const int MaxAddress = 2048;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static OxenExtra Of(OxenRequest request, IReadOnlyList<PictureFile> files) => new(
        request.Model.Id, request.Namespace, request.Sent,
        [.. request.Inputs.References.Select((input, i) => new OxenInput(Address(input), files[i].Info.Format.MediaType()))],
        request.Inputs.IsList);

    public static OxenExtra? Read(string? json) => json is null ? null : JsonSerializer.Deserialize<OxenExtra>(json, Json);

    public string Write() => JsonSerializer.Serialize(this, Json);

    private static string? Address(PictureInput input) =>
        input.Form == PictureForm.Url && input.Text.GetString() is { Length: <= MaxAddress } address ? address : null;
}

/// <summary>A picture that was sent.</summary>
/// <param name="Address">Where it came from; null when it was in the request.</param>
/// <param name="MediaType">Of its file.</param>
internal sealed record OxenInput(string? Address, string MediaType);
