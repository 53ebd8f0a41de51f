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
    public const int MaxPreviews = 3;
    public const double MaxGuidance = 20;

    public static readonly string[] OutputFormats = ["png", "jpeg", "webp", "jpg"];
    public static readonly string[] Qualities = ["auto", "standard", "hd", "low", "medium", "high", "xhigh", "max"];

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

    /// <summary>The same in SGLang's words.</summary>
    public int? OutputQuality { get; init; }

    public string Background { get; init; } = "auto";

    public int? Steps { get; init; }

    /// <summary>Where the steps were sent, for errors.</summary>
    public string StepsField { get; init; } = "num_inference_steps";

    public double? Guidance { get; init; }

    public long? Seed { get; init; }

    /// <summary>Tokens of the prompt that are read.</summary>
    public long? MaxSequenceLength { get; init; }

    /// <summary>What is edited; null for a generation.</summary>
    public OpenAiPictures? Pictures { get; init; }

    /// <summary>One of the words of <see cref="OpenAiDelivery"/>.</summary>
    public string Delivery { get; init; } = OpenAiDelivery.Base64;

    /// <summary>Whether the answer is a stream of events.</summary>
    public bool IsStream { get; init; }

    /// <summary>Previews of the first picture that a stream has at most.</summary>
    public int Previews { get; init; }

    /// <summary>Which kind of picture is asked for.</summary>
    public GenerationTask Task => Pictures is null ? GenerationTask.TextToImage : Pictures.Mask is null ? GenerationTask.Edit : GenerationTask.Inpaint;

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <param name="fields">The body.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <param name="edits">Pictures that an edit may have; null for a generation.</param>
    /// <param name="delivery">How a generation's pictures are delivered where nothing is asked for.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static OpenAiRequest Parse(BodyFields fields, bool strict, int? edits, string delivery)
    {
        var pictures = edits is { } most ? OpenAiPictures.Read(fields, most) : null;
        var request = Drawing(fields, fields.RequiredText("prompt", MaxPromptLength, minLength: 1), pictures);
        var isStream = fields.Flag("stream") ?? false;
        var previews = (int)(fields.Integer("partial_images", 0, MaxPreviews) ?? 0);
        if (previews > 0 && !isStream)
        {
            fields.Refuse("partial_images", "partial images are events of a stream; ask for stream, too");
        }
        // Edits are answered with the files by all who serve them.
        var way = OpenAiDelivery.Read(fields, isStream, request.Model, pictures is null ? delivery : OpenAiDelivery.Base64);
        fields.ThrowIfFaulty(strict);
        return request with { IsStream = isStream, Previews = previews, Delivery = way, Ignored = [.. request.Ignored, .. fields.Unknown] };
    }

    /// <summary>What is drawn, without the way in which it is answered. Notes in <paramref name="fields"/> what is wrong.</summary>
    public static OpenAiRequest Drawing(BodyFields fields, string prompt, OpenAiPictures? pictures)
    {
        var size = OpenAiSize.Read(fields);
        var steps = fields.Integer("num_inference_steps", 1, MaxSteps);
        var otherSteps = fields.Integer("steps", 1, MaxSteps);
        double?[] guidance = [Guided("true_cfg_scale"), Guided("cfg_scale"), Guided("guidance_scale")];
        var count = (int)(fields.Integer("n", 1, MaxCount) ?? 1);
        var request = new OpenAiRequest
        {
            Prompt = prompt,
            NegativePrompt = fields.Text("negative_prompt", MaxPromptLength),
            Model = fields.Text("model", maxLength: 256),
            Count = count,
            Size = size?.Size,
            SizeField = size?.Field ?? "size",
            Quality = fields.Choice("quality", Qualities) ?? "auto",
            OutputFormat = fields.Choice("output_format", OutputFormats) is { } format and not "jpg" ? format : fields.Raw("output_format") is null ? "png" : "jpeg",
            OutputCompression = (int?)fields.Integer("output_compression", 0, 100),
            OutputQuality = OpenAiServerFields.OutputQuality(fields),
            Background = fields.Choice("background", "auto", "opaque", "transparent") ?? "auto",
            Steps = (int?)(steps ?? otherSteps),
            StepsField = steps is null && otherSteps is not null ? "steps" : "num_inference_steps",
            Guidance = guidance.FirstOrDefault(scale => scale is not null),
            Seed = OpenAiSeed.Read(fields, count),
            MaxSequenceLength = fields.Integer("max_sequence_length", 1, 1 << 20),
            Pictures = pictures,
            Ignored = OpenAiServerFields.Check(fields),
        };
        OpenAiRefusals.Check(request, fields);
        return request;

        double? Guided(string name) => fields.Number(name, 0, MaxGuidance);
    }
}
