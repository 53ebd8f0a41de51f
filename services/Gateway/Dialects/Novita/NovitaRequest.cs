using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The body of a submission, typed and in the vendor's ranges. Null: not given.</summary>
internal sealed record NovitaRequest
{
    public const int MaxPromptLength = 10_000;
    public const int MaxSeed = int.MaxValue;
    public const int MinSide = 256;
    public const int MaxSide = 1536;

    public static readonly string[] OutputFormats = ["jpeg", "png", "webp"];

    public required string Prompt { get; init; }

    /// <summary>What is edited; empty for a picture from text.</summary>
    public required IReadOnlyList<PictureInput> Pictures { get; init; }

    /// <summary>Of a picture from text.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>-1 takes a random one.</summary>
    public long Seed { get; init; } = -1;

    public string OutputFormat { get; init; } = "jpeg";

    public required NovitaExtra Extra { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <param name="fields">The body.</param>
    /// <param name="task">Edit or text to image.</param>
    /// <param name="webhooks">Why nothing could be delivered to an address; null when something may.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static NovitaRequest Parse(BodyFields fields, GenerationTask task, Func<string, string?> webhooks, bool strict)
    {
        var (extra, ignored) = NovitaExtra.Read(fields, webhooks, strict);
        var request = new NovitaRequest
        {
            Prompt = fields.RequiredText("prompt", MaxPromptLength, minLength: 1),
            Pictures = task == GenerationTask.Edit ? PicturesOf(fields) : [],
            Size = task == GenerationTask.TextToImage ? StarSize.Read(fields, "size", MinSide, MaxSide) : null,
            Seed = fields.Integer("seed", -1, MaxSeed) ?? -1,
            OutputFormat = fields.Choice("output_format", OutputFormats) ?? "jpeg",
            Extra = extra,
            Ignored = [],
        };
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. ignored, .. fields.Unknown] };
    }

    private static IReadOnlyList<PictureInput> PicturesOf(BodyFields fields)
    {
        var faults = fields.Faults.Count;
        var pictures = fields.Pictures(1, "image");
        if (pictures.Count == 0 && fields.Faults.Count == faults)
        {
            fields.Missing("image");
        }
        return pictures;
    }
}
