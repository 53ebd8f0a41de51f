using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// The body of POST /v1/images/generations and of /v1/images/edits: OpenAI's fields, and those that SGLang, vLLM-Omni and NIM's compatible mode add to
/// them. Null: not given.
/// </summary>
internal sealed record OpenAiRequest
{
    public const int MaxPromptLength = 32_000;
    public const int MaxCount = 10;
    public const int MaxSteps = 200;
    public const double MaxGuidance = 20;

    public static readonly string[] OutputFormats = ["png", "jpeg", "webp", "jpg"];
    public static readonly string[] Qualities = ["auto", "standard", "hd", "low", "medium", "high", "xhigh", "max"];

    // Documented, without an influence on what is drawn, and named in the answer's header.
    private static readonly string[] WithoutEffect = ["user", "moderation"];

    public required string Prompt { get; init; }

    public string? NegativePrompt { get; init; }

    public string? Model { get; init; }

    public int Count { get; init; } = 1;

    /// <summary>Null leaves it to the model.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>Where the size was sent, for errors.</summary>
    public string SizeField { get; init; } = "size";

    public string Quality { get; init; } = "auto";

    public string OutputFormat { get; init; } = "png";

    /// <summary>0 to 100, more is better; of JPEG and WebP.</summary>
    public int? OutputCompression { get; init; }

    public string Background { get; init; } = "auto";

    public int? Steps { get; init; }

    /// <summary>Where the steps were sent, for errors.</summary>
    public string StepsField { get; init; } = "num_inference_steps";

    public double? Guidance { get; init; }

    public long? Seed { get; init; }

    /// <summary>What is edited; null for a generation.</summary>
    public OpenAiPictures? Pictures { get; init; }

    /// <summary>Which kind of picture is asked for.</summary>
    public GenerationTask Task => Pictures is null ? GenerationTask.TextToImage : Pictures.Mask is null ? GenerationTask.Edit : GenerationTask.Inpaint;

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <param name="fields">The body.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <param name="edits">Pictures that an edit may have; null for a generation.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static OpenAiRequest Parse(BodyFields fields, bool strict, int? edits)
    {
        var pictures = edits is { } most ? OpenAiPictures.Read(fields, most) : null;
        var size = OpenAiSize.Read(fields);
        var steps = fields.Integer("num_inference_steps", 1, MaxSteps);
        var otherSteps = fields.Integer("steps", 1, MaxSteps);
        double?[] guidance = [Guided("true_cfg_scale"), Guided("cfg_scale"), Guided("guidance_scale")];
        var request = new OpenAiRequest
        {
            Prompt = fields.RequiredText("prompt", MaxPromptLength, minLength: 1),
            NegativePrompt = fields.Text("negative_prompt", MaxPromptLength),
            Model = fields.Text("model", maxLength: 256),
            Count = (int)(fields.Integer("n", 1, MaxCount) ?? 1),
            Size = size?.Size,
            SizeField = size?.Field ?? "size",
            Quality = fields.Choice("quality", Qualities) ?? "auto",
            OutputFormat = fields.Choice("output_format", OutputFormats) is { } format and not "jpg" ? format : fields.Raw("output_format") is null ? "png" : "jpeg",
            OutputCompression = (int?)fields.Integer("output_compression", 0, 100),
            Background = fields.Choice("background", "auto", "opaque", "transparent") ?? "auto",
            Steps = (int?)(steps ?? otherSteps),
            StepsField = steps is null && otherSteps is not null ? "steps" : "num_inference_steps",
            Guidance = guidance.FirstOrDefault(scale => scale is not null),
            Seed = fields.Integer("seed", 0, uint.MaxValue),
            Pictures = pictures,
            Ignored = [],
        };
        OpenAiRefusals.Check(request, fields);
        var withoutEffect = WithoutEffect.Where(name => fields.Raw(name) is not null).ToArray();
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. withoutEffect, .. fields.Unknown] };

        double? Guided(string name) => fields.Number(name, 0, MaxGuidance);
    }
}
