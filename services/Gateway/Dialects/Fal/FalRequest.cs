using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>A checked request in the vendor's terms.</summary>
internal sealed record FalRequest
{
    public const int MaxPromptLength = 32_000;
    public const int MinSteps = 2;
    public const double MaxGuidance = 20;
    public const int MaxCount = 4;

    /// <summary>The largest number that clients in JavaScript send and read as it is.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    private const int MaxLoras = 16;

    private static readonly string[] PictureFields = ["image_url", "image_urls"];

    public required string Prompt { get; init; }

    public required string? NegativePrompt { get; init; }

    /// <summary>In the prompt's order.</summary>
    public required IReadOnlyList<PictureInput> Pictures { get; init; }

    /// <summary>Null leaves it to the endpoint.</summary>
    public ImageSize? Size { get; init; }

    public int? Steps { get; init; }

    public double? Guidance { get; init; }

    public int Count { get; init; } = 1;

    public bool IsJpeg { get; init; }

    public long? Seed { get; init; }

    /// <summary>Whether the files come in the answer, as data URIs.</summary>
    public bool IsData { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <param name="fields">The body.</param>
    /// <param name="model">The endpoint.</param>
    /// <param name="rules">Steps of distilled weights, whose range replaces the vendor's; null for other weights.</param>
    /// <param name="mostPictures">Of one request.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static FalRequest Parse(BodyFields fields, FalModel model, StepRules? rules, int mostPictures, bool strict)
    {
        var request = new FalRequest
        {
            Prompt = fields.RequiredText("prompt", MaxPromptLength),
            NegativePrompt = fields.Text("negative_prompt", MaxPromptLength),
            Pictures = ReadPictures(fields, model, mostPictures),
            Size = FalImageSize.Read(fields),
            Steps = (int?)fields.Integer("num_inference_steps", rules?.Minimum ?? MinSteps, rules?.Maximum ?? model.MostSteps),
            Guidance = fields.Number("guidance_scale", 0, MaxGuidance),
            Count = (int)(fields.Integer("num_images", 1, MaxCount) ?? 1),
            IsJpeg = fields.Choice("output_format", "png", "jpeg") == "jpeg",
            Seed = fields.Integer("seed", 0, MaxSeed),
            IsData = fields.Flag("sync_mode") == true,
        };
        Refuse(fields, model);
        fields.ThrowIfFaulty(strict);
        return request with { Ignored = [.. fields.Unknown] };
    }

    private static IReadOnlyList<PictureInput> ReadPictures(BodyFields fields, FalModel model, int most)
    {
        if (!model.IsEdit)
        {
            // Drawing something else than the picture that was sent would be worse than not drawing.
            foreach (var name in PictureFields.Where(name => fields.Raw(name) is not null))
            {
                fields.Refuse(name, $"{model.Path} draws from text and takes no picture");
            }
            return [];
        }
        var faults = fields.Faults.Count;
        var inputs = fields.Pictures(most, model.PictureField, model.PictureField == "image_url" ? "image_urls" : "image_url");
        if (inputs.Count == 0 && fields.Faults.Count == faults)
        {
            fields.Missing(model.PictureField);
        }
        return inputs;
    }

    // What the vendor documents and is not served, each with its reason.
    private static void Refuse(BodyFields fields, FalModel model)
    {
        if (fields.Flag("enable_safety_checker") == false)
        {
            fields.Refuse("enable_safety_checker", "what is checked is configured at the gateway; leave it out");
        }
        if (fields.Choice("acceleration", "none", "regular", "high") is { } acceleration and not "none" && acceleration != model.Acceleration)
        {
            fields.Refuse("acceleration", "every step is computed; ask for fewer steps, or leave it out");
        }
        if (fields.Raw("loras") is not null && fields.Objects("loras", MaxLoras).Count > 0)
        {
            fields.Refuse("loras", "adapters are not served here");
        }
    }
}
