using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>The body of POST /v1/infer, typed and in the dialect's own ranges. Null: not given.</summary>
internal sealed record NimRequest
{
    public const int MaxPromptLength = 10_000;
    public const long SeedLimit = 1L << 32;
    public const double MaxCfgScale = 9;
    public const int MinSteps = 5;
    public const int MaxSteps = 100;

    public static readonly string[] OutputFormats = ["png", "jpeg", "jpg", "webp"];

    // Accepted because the vendor's samples send them, and without effect.
    private static readonly string[] WithoutEffect = ["preprocess_image", "disable_safety_checker"];

    public required string Prompt { get; init; }

    public string? NegativePrompt { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public string? AspectRatio { get; init; }

    public double? CfgScale { get; init; }

    public int? Steps { get; init; }

    /// <summary>0 asks for a random one.</summary>
    public long Seed { get; init; }

    /// <summary>An extension: the vendor answers JPEG always.</summary>
    public string? OutputFormat { get; init; }

    /// <summary>Whether it has a picture.</summary>
    public bool IsEdit { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static NimRequest Parse(BodyFields fields, IReadOnlyList<PictureInput> pictures, bool strict, StepRules? own)
    {
        var request = new NimRequest
        {
            // An empty prompt is drawn without a condition, as the vendor's schema allows.
            Prompt = fields.RequiredText("prompt", MaxPromptLength),
            NegativePrompt = fields.Text("negative_prompt", MaxPromptLength),
            Width = (int?)fields.Integer("width", NimTranslation.MinSide, NimTranslation.MaxSide),
            Height = (int?)fields.Integer("height", NimTranslation.MinSide, NimTranslation.MaxSide),
            AspectRatio = fields.Text("aspect_ratio", maxLength: 64),
            CfgScale = fields.Number("cfg_scale", 0, MaxCfgScale),
            Steps = (int?)fields.Integer("steps", own?.Minimum ?? MinSteps, own?.Maximum ?? MaxSteps),
            Seed = fields.IntegerBelow("seed", 0, SeedLimit) ?? 0,
            OutputFormat = fields.Choice("output_format", OutputFormats),
            IsEdit = pictures.Count > 0,
            Ignored = [],
        };
        fields.Integer("samples", 1, 1);
        CheckMode(request, fields);
        var withoutEffect = WithoutEffect.Where(name => fields.Raw(name) is not null && fields.Flag(name) is not null).ToArray();
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. withoutEffect, .. fields.Unknown] };
    }

    // A picture or none decides what is drawn; a mode that says otherwise is not passed over.
    private static void CheckMode(NimRequest request, BodyFields fields)
    {
        var mode = fields.Text("mode", maxLength: 64)?.Trim();
        if (Is("canny") || Is("depth"))
        {
            fields.Refuse("mode", $"mode '{mode}' draws along a control picture, which is not served here; use 'base'");
        }
        else if (Is("Image Editing") && !request.IsEdit)
        {
            fields.Refuse("mode", $"mode '{mode}' needs an input picture in 'image'");
        }
        else if (Is("Image Generation") && request.IsEdit)
        {
            fields.Refuse("mode", $"mode '{mode}' takes no input picture; leave out 'image' or the mode");
        }

        bool Is(string word) => word.Equals(mode, StringComparison.OrdinalIgnoreCase);
    }
}
