using System.Text.Json.Nodes;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>Which of the vendor's routes a request came to.</summary>
internal enum OxenRoute
{
    Generate,
    Edit,
    Queue,
}

/// <summary>The body of a request to draw, typed and in the vendor's ranges: every parameter is taken for every model. Null: not given.</summary>
internal sealed record OxenRequest
{
    public const int MaxPromptLength = 10_000;
    public const int MaxCount = 10;
    public const int MaxGenerations = 12;
    public const int MaxSteps = 50;
    public const double MaxGuidance = 10;

    public static readonly string[] OutputFormats = ["webp", "jpg", "png"];

    public required OxenModel Model { get; init; }

    public required string Prompt { get; init; }

    public string? NegativePrompt { get; init; }

    public required OxenShape Shape { get; init; }

    public int? Steps { get; init; }

    public double? Guidance { get; init; }

    public long? Seed { get; init; }

    /// <summary>webp, jpg or png.</summary>
    public required string Format { get; init; }

    public int Quality { get; init; }

    /// <summary>Pictures of one job, or jobs in the queue.</summary>
    public int Count { get; init; } = 1;

    public bool IsBase64 { get; init; }

    /// <summary>A label of the client's.</summary>
    public string? Namespace { get; init; }

    public required OxenInputs Inputs { get; init; }

    public GenerationTask Task => Inputs.References.Count == 0 ? GenerationTask.TextToImage : Inputs.Mask is null ? GenerationTask.Edit : GenerationTask.Inpaint;

    /// <summary>Parameters that were sent, without texts and pictures, for answers that repeat them.</summary>
    public required JsonObject Sent { get; init; }

    /// <summary>Fields that had no influence.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <param name="fields">The body; its model has been read.</param>
    /// <param name="model">The model.</param>
    /// <param name="route">Where it came to.</param>
    /// <param name="strict">Whether unknown fields are refused.</param>
    /// <param name="mostPictures">Of one request.</param>
    /// <exception cref="DialectException">Fields are at fault.</exception>
    public static OxenRequest Parse(BodyFields fields, OxenModel model, OxenRoute route, bool strict, int mostPictures)
    {
        var inputs = OxenInputs.Read(fields, model, route, mostPictures);
        var n = fields.Integer("n", 1, MaxCount);
        var generations = fields.Integer("num_generations", 1, MaxGenerations);
        var request = new OxenRequest
        {
            Model = model,
            Prompt = fields.RequiredText("prompt", MaxPromptLength, minLength: 1),
            NegativePrompt = fields.Text("negative_prompt", MaxPromptLength),
            Shape = OxenShape.Read(fields, model, inputs),
            Steps = (int?)fields.Integer("num_inference_steps", 1, MaxSteps),
            Guidance = fields.Number("guidance", 0, MaxGuidance),
            Seed = fields.Integer("seed", 0, uint.MaxValue),
            Format = fields.Choice("output_format", [.. OutputFormats, "jpeg"]) is { } format ? format == "jpeg" ? "jpg" : format : model.Format,
            Quality = (int)(fields.Integer("output_quality", 0, 100) ?? OxenTranslation.DefaultQuality),
            Count = (int)((route == OxenRoute.Queue ? generations : n) ?? 1),
            IsBase64 = fields.Choice("response_format", "url", "b64_json") == "b64_json",
            Namespace = fields.Text("target_namespace", maxLength: 256),
            Inputs = inputs,
            Sent = [],
            Ignored = [],
        };
        OxenRefusals.Check(fields, request, route, n, generations);
        // True is the vendor's default, so its clients send it; prompts are drawn as they are.
        string[] withoutEffect = fields.Flag("enable_prompt_expansion") == true ? ["enable_prompt_expansion"] : [];
        var sent = OxenSent.Of(fields, request);
        fields.ThrowIfFaulty(strict);
        return request with { Sent = sent, Ignored = [.. withoutEffect, .. fields.Unknown] };
    }
}
