using System.Text.Json;
using System.Text.Json.Serialization;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>What a prediction repeats of its request; kept with its job.</summary>
/// <param name="Model">E.g. "qwen/qwen-image".</param>
/// <param name="Version">As it was sent; "hidden" for the official models, as the vendor's are.</param>
/// <param name="Input">The fields that were sent, but prompts, which the job has itself.</param>
/// <param name="Events">Events that the webhook is for; null for all.</param>
internal sealed record ReplicateExtra(
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("input")] IReadOnlyDictionary<string, JsonElement> Input,
    [property: JsonPropertyName("events")] IReadOnlyList<string>? Events)
{
    public const string HiddenVersion = "hidden";

    private static readonly string[] Kept =
    [
        "aspect_ratio", "width", "height", "image_size", "image", "strength", "num_inference_steps", "guidance", "seed", "go_fast", "output_format",
        "output_quality", "enhance_prompt", "disable_safety_checker", "lora_scale", "extra_lora_scale",
    ];

    /// <summary>The fields of "input" to keep: known ones, each bounded, and pictures as addresses only.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Keep(BodyFields input) => Kept
        .Select(name => (Name: name, Value: name == "image" ? Addresses(input.Sent(name)) : input.Sent(name)))
        .Where(field => field.Value is { ValueKind: not JsonValueKind.Null })
        .ToDictionary(field => field.Name, field => Echo.Bounded(field.Value!.Value), StringComparer.Ordinal);

    public string Write() => JsonSerializer.Serialize(this);

    public static ReplicateExtra Of(Job job) => job.Extra is { } text && JsonSerializer.Deserialize<ReplicateExtra>(text) is { } extra
        ? extra
        : new ReplicateExtra("", HiddenVersion, new Dictionary<string, JsonElement>(), null);

    // The bytes of a picture that came with the request are not repeated.
    private static JsonElement? Addresses(JsonElement? image) => image switch
    {
        { ValueKind: JsonValueKind.String } one => Address(one),
        { ValueKind: JsonValueKind.Array } list => JsonSerializer.SerializeToElement(list.EnumerateArray().Select(Address).ToArray()),
        _ => image,
    };

    private static JsonElement Address(JsonElement picture) =>
        picture.ValueKind == JsonValueKind.String && PictureInput.FormOf(picture) != PictureForm.Url ? JsonSerializer.SerializeToElement("data:,") : picture;
}
