using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>What later answers repeat of a submission; kept with its job. The prompt is in the job itself.</summary>
/// <param name="Model">The vendor's name of the model.</param>
/// <param name="Prefix">What the client's paths begin with.</param>
/// <param name="Images">Addresses as they were sent; of other pictures the beginning.</param>
/// <param name="Size">As "W*H"; null for none.</param>
/// <param name="Seed">As sent.</param>
/// <param name="OutputFormat">jpeg, png or webp.</param>
/// <param name="IsSync">enable_sync_mode.</param>
/// <param name="IsBase64">enable_base64_output.</param>
internal sealed record WaveSpeedInput(
    string Model, string Prefix, IReadOnlyList<string> Images, string? Size, long Seed, string OutputFormat, bool IsSync, bool IsBase64)
{
    // Three of them stay far below what a job keeps.
    private const int MostOfAddress = 2048;
    private const int MostOfPicture = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Before the body is disposed of.</summary>
    public static WaveSpeedInput Of(WaveSpeedRequest request, WaveSpeedVariant variant, string prefix) => new(
        variant.Id, prefix, [.. request.Pictures.Select(Shown)], request.Size is { } size ? FormattableString.Invariant($"{size.Width}*{size.Height}") : null,
        request.Seed, request.OutputFormat, request.IsSync, request.IsBase64);

    public static WaveSpeedInput Of(Job job) => JsonSerializer.Deserialize<WaveSpeedInput>(job.Extra ?? "", Json)
        ?? throw new JsonException("a prediction's input is not null");

    public string Text() => JsonSerializer.Serialize(this, Json);

    /// <summary>The fields under the names they were sent with.</summary>
    public void Write(Utf8JsonWriter json, string prompt)
    {
        json.WriteString("prompt", prompt);
        if (Images.Count > 0)
        {
            WriteImages(json);
        }
        if (Size is not null)
        {
            json.WriteString("size", Size);
        }
        json.WriteNumber("seed", Seed);
        json.WriteString("output_format", OutputFormat);
        json.WriteBoolean("enable_sync_mode", IsSync);
        json.WriteBoolean("enable_base64_output", IsBase64);
    }

    private void WriteImages(Utf8JsonWriter json)
    {
        if (WaveSpeedVariant.All.Any(variant => variant.Id == Model && variant.PictureField == "image"))
        {
            json.WriteString("image", Images[0]);
            return;
        }
        json.WriteStartArray("images");
        foreach (var image in Images)
        {
            json.WriteStringValue(image);
        }
        json.WriteEndArray();
    }

    // A picture in the request itself may have megabytes, and its receiver has sent it.
    private static string Shown(PictureInput picture) => picture.Form == PictureForm.Url
        ? Echo.Cut(picture.Text.GetString()!, MostOfAddress)
        : Echo.Cut(Echo.Bounded(picture.Text).GetString()!.TrimStart('"'), MostOfPicture);
}
