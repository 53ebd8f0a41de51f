using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>The input of a prediction, typed and in the ranges of its model.</summary>
internal sealed record ReplicateRequest
{
    public const int MaxPromptLength = 10_000;
    public const double MaxGuidance = 10;
    public const int MaxSteps = 50;
    public const int MinSide = 256;
    public const int MaxSide = 2048;

    public const string AsPicture = "match_input_image";
    public const string Custom = "custom";
    public const string Quality = "optimize_for_quality";
    public const string Speed = "optimize_for_speed";

    public static readonly string[] OutputFormats = ["webp", "jpg", "png"];
    public static readonly string[] Ratios = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"];

    public required string Prompt { get; init; }

    public string? NegativePrompt { get; init; }

    public required IReadOnlyList<PictureInput> Pictures { get; init; }

    /// <summary>Of a picture to draw from; null for other tasks.</summary>
    public double? Strength { get; init; }

    /// <summary>One of <see cref="Ratios"/>, "custom" or "match_input_image"; null when it was not sent.</summary>
    public string? AspectRatio { get; init; }

    /// <summary>Of a custom size.</summary>
    public ImageSize? Size { get; init; }

    /// <summary>Whether a smaller picture is asked for.</summary>
    public bool IsFast { get; init; }

    public int? Steps { get; init; }

    public double? Guidance { get; init; }

    /// <summary>Null takes a random one.</summary>
    public long? Seed { get; init; }

    public string OutputFormat { get; init; } = "webp";

    public int OutputQuality { get; init; }

    public GenerationTask Task { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Notes in <paramref name="input"/> what is wrong.</summary>
    /// <param name="input">The object "input".</param>
    /// <param name="model">Asked for.</param>
    /// <param name="pictures">What was sent in "image".</param>
    /// <param name="task">What is asked for.</param>
    /// <param name="own">Steps of distilled weights; null for others.</param>
    public static ReplicateRequest Read(
        BodyFields input, ReplicateModel model, IReadOnlyList<PictureInput> pictures, GenerationTask task, StepRules? own)
    {
        var request = new ReplicateRequest
        {
            Prompt = input.RequiredText("prompt", MaxPromptLength, minLength: 1),
            Pictures = pictures,
            Task = task,
            AspectRatio = input.Choice("aspect_ratio", Words(model, pictures.Count > 0)),
            Seed = input.Integer("seed", 0, uint.MaxValue),
            OutputFormat = input.Choice("output_format", OutputFormats) ?? "webp",
            OutputQuality = (int)(input.Integer("output_quality", 0, 100) ?? model.Quality),
        };
        // Nothing is left out here to be fast, so both are as good.
        input.Flag("go_fast");
        List<string> ignored = [.. ReplicateRefusals.Check(input)];
        return model.Edits ? request with { Ignored = ignored } : Drawing(request, input, model, own) with { Ignored = ignored };
    }

    private static ReplicateRequest Drawing(ReplicateRequest request, BodyFields input, ReplicateModel model, StepRules? own)
    {
        var strength = input.Number("strength", 0, 1);
        if (strength == 0)
        {
            input.Refuse("strength", "0 would give back the picture as it is; strength must be above 0");
        }
        ReplicateRefusals.CheckEnhancing(input);
        return request with
        {
            NegativePrompt = input.Text("negative_prompt", MaxPromptLength),
            Strength = request.Task == GenerationTask.ImageToImage ? strength ?? model.Strength : null,
            Steps = (int)(input.Integer("num_inference_steps", own?.Minimum ?? model.MinSteps, own?.Maximum ?? MaxSteps) ?? own?.Default ?? model.Steps),
            Guidance = input.Number("guidance", 0, MaxGuidance) ?? model.Guidance,
            Size = model.HasCustomSize ? CustomSize(input, request.AspectRatio) : null,
            IsFast = !model.HasCustomSize && input.Choice("image_size", Quality, Speed) == Speed,
        };
    }

    private static ImageSize? CustomSize(BodyFields input, string? ratio)
    {
        var (width, height) = (input.Integer("width", MinSide, MaxSide), input.Integer("height", MinSide, MaxSide));
        if (ratio != Custom)
        {
            return null;
        }
        if (input.Raw("width") is null || input.Raw("height") is null)
        {
            input.Refuse("aspect_ratio", "'custom' needs width and height");
        }
        return width is { } w && height is { } h ? new ImageSize((int)w, (int)h) : null;
    }

    private static string[] Words(ReplicateModel model, bool hasPicture) =>
        [.. Ratios, .. model.HasCustomSize ? [Custom] : Array.Empty<string>(), .. model.Edits || hasPicture ? [AsPicture] : Array.Empty<string>()];
}
