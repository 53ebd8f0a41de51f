using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>The body of a submission, typed and in the vendor's ranges. Null: not given.</summary>
internal sealed record WaveSpeedRequest
{
    public const int MaxPromptLength = 10_000;
    public const int MaxSeed = int.MaxValue;
    public const int MaxLoras = 3;
    public const double MaxScale = 4;

    public static readonly string[] OutputFormats = ["jpeg", "png", "webp"];

    public required string Prompt { get; init; }

    /// <summary>What is edited; empty for a picture from text.</summary>
    public required IReadOnlyList<PictureInput> Pictures { get; init; }

    public ImageSize? Size { get; init; }

    /// <summary>-1 takes a random one.</summary>
    public long Seed { get; init; } = -1;

    public string OutputFormat { get; init; } = "jpeg";

    /// <summary>Whether the answer waits for the picture.</summary>
    public bool IsSync { get; init; }

    /// <summary>Whether answers hold the picture itself, not its address.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>webhook_url of the body; the query's webhook comes before it.</summary>
    public string? Webhook { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <param name="fields">The body.</param>
    /// <param name="variant">Whose fields.</param>
    /// <param name="webhooks">Why nothing could be delivered to an address; null when something may.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static WaveSpeedRequest Parse(BodyFields fields, WaveSpeedVariant variant, Func<string, string?> webhooks, bool strict)
    {
        var request = new WaveSpeedRequest
        {
            Prompt = fields.RequiredText("prompt", MaxPromptLength, minLength: 1),
            Pictures = PicturesOf(fields, variant),
            Size = variant.HasSize ? StarSize.Read(fields, "size", WaveSpeedVariant.MinSide, variant.MaxSide) : null,
            Seed = fields.Integer("seed", -1, MaxSeed) ?? -1,
            OutputFormat = fields.Choice("output_format", OutputFormats) ?? "jpeg",
            IsSync = fields.Flag("enable_sync_mode") ?? false,
            IsBase64 = fields.Flag("enable_base64_output") ?? false,
            Webhook = fields.Text("webhook_url", maxLength: int.MaxValue) is { Length: > 0 } webhook ? webhook : null,
            Ignored = [],
        };
        if (request.Webhook is { } address && webhooks(address) is { } reason)
        {
            fields.Refuse("webhook_url", reason);
        }
        if (variant.HasLoras)
        {
            RefuseLoras(fields);
        }
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. fields.Unknown] };
    }

    // Clients send one picture as a list and several as "image"; both names are read, the documented one first.
    private static IReadOnlyList<PictureInput> PicturesOf(BodyFields fields, WaveSpeedVariant variant)
    {
        if (variant.PictureField is not { } name)
        {
            return [];
        }
        var faults = fields.Faults.Count;
        var pictures = fields.Pictures(variant.MostPictures, name, name == "image" ? "images" : "image");
        if (pictures.Count == 0 && fields.Faults.Count == faults)
        {
            fields.Missing(name);
        }
        return pictures;
    }

    private static void RefuseLoras(BodyFields fields)
    {
        var loras = fields.Objects("loras", MaxLoras);
        foreach (var lora in loras)
        {
            lora.RequiredText("path", maxLength: 1024, minLength: 1);
            if (lora.Raw("scale") is null)
            {
                lora.Missing("scale");
            }
            lora.Number("scale", 0, MaxScale);
        }
        if (loras.Count > 0)
        {
            fields.Refuse("loras", "adapters are not served here; leave them out or send an empty list");
        }
    }
}
