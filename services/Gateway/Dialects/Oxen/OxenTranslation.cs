using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>The vendor's terms to the canonical request, with its defaults.</summary>
internal static class OxenTranslation
{
    public const string DefaultRatio = "16:9";
    public const int DefaultSteps = 30;
    public const double DefaultGuidance = 3;
    public const int DefaultQuality = 80;

    /// <summary>The request without its pictures.</summary>
    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(OxenRequest request, BodyFields fields, ServedModel served, bool isQueued)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Task = request.Task,
            Size = request.Shape.For(served.Profile),
            Steps = request.Steps ?? served.Profile.Steps?.Default ?? DefaultSteps,
            Guidance = request.Guidance ?? Guidance(request.Model, served.Profile),
            Seed = request.Seed is { } seed ? (ulong)seed : RandomSeed.Next(),
            // Each generation of the queue is a job of its own.
            Count = isQueued ? 1 : request.Count,
            // What the mask marks is drawn from noise alone: the interface has no strength.
            Strength = request.Task == GenerationTask.Inpaint ? 1 : null,
            Format = request.Format switch
            {
                "webp" => ImageFormat.WebP,
                "jpg" => ImageFormat.Jpeg,
                _ => ImageFormat.Png,
            },
            Quality = Math.Max(1, request.Quality),
        };
        ModelFaults.ThrowIfAny(translated, served, fields, field => field switch
        {
            GenerationField.Width or GenerationField.Height or GenerationField.Size => request.Shape.Field,
            GenerationField.Steps => "num_inference_steps",
            GenerationField.Guidance => "guidance",
            GenerationField.Count => "n",
            _ => null,
        });
        if (request.Inputs.References.Count > 0)
        {
            ModelFaults.ThrowIfNotDone(request.Task, served, request.Inputs.References.Count, fields, "input_image");
        }
        return translated;
    }

    // The vendor documents a default where it makes pictures from text; distilled weights need their own.
    private static double Guidance(OxenModel model, ModelProfile profile) =>
        model.NeedsPictures || profile.Steps is not null ? profile.Guidance : DefaultGuidance;
}
