using System.Text.Json;
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

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static NimRequest Parse(BodyFields fields, bool strict, StepRules? own)
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
            Ignored = [],
        };
        RefuseWhatIsNotServed(fields);
        var withoutEffect = WithoutEffect.Where(name => fields.Raw(name) is not null && fields.Flag(name) is not null).ToArray();
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. withoutEffect, .. fields.Unknown] };
    }

    private static void RefuseWhatIsNotServed(BodyFields fields)
    {
        fields.Integer("samples", 1, 1);
        if (fields.Raw("image") is { } image && !IsEmpty(image))
        {
            fields.Refuse("image", "this model makes pictures from text alone; editing a picture is not served here");
        }
        var mode = fields.Text("mode", maxLength: 64)?.Trim();
        if (mode is not null && NimTranslation.ModesThatNeedAPicture.Contains(mode, StringComparer.OrdinalIgnoreCase))
        {
            fields.Refuse("mode", $"mode '{mode}' needs an input picture and is not served here; use 'base'");
        }
    }

    // Templates of clients send the field without a picture.
    private static bool IsEmpty(JsonElement image) => image.ValueKind switch
    {
        JsonValueKind.String => image.ValueEquals(""),
        JsonValueKind.Array => image.GetArrayLength() == 0,
        _ => false,
    };
}
