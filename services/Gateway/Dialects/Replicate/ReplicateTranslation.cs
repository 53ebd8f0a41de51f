using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>Replicate's terms to the canonical request, with its defaults.</summary>
internal static class ReplicateTranslation
{
    private const string DefaultRatio = "16:9";
    private const int FastSide = 1024;
    private const int FastMultiple = 16;

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(ReplicateRequest request, BodyFields body, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Task = request.Task,
            Strength = request.Strength,
            Size = Size(request, served.Profile),
            Steps = request.Steps ?? served.Profile.Steps?.Default,
            Guidance = request.Guidance,
            Seed = request.Seed is { } seed ? (ulong)seed : RandomSeed.Next(),
            Format = request.OutputFormat switch
            {
                "jpg" => ImageFormat.Jpeg,
                "png" => ImageFormat.Png,
                _ => ImageFormat.WebP,
            },
            Quality = Math.Max(1, request.OutputQuality),
        };
        ModelFaults.ThrowIfAny(translated, served, body, field => field switch
        {
            GenerationField.Width when request.Size is not null => "input.width",
            GenerationField.Height when request.Size is not null => "input.height",
            GenerationField.Width or GenerationField.Height or GenerationField.Size => "input.aspect_ratio",
            GenerationField.Steps => "input.num_inference_steps",
            GenerationField.Guidance => "input.guidance",
            _ => null,
        });
        if (request.Pictures.Count > 0)
        {
            ModelFaults.ThrowIfNotDone(request.Task, served, request.Pictures.Count, body, "input.image");
        }
        return translated;
    }

    // A picture that is drawn from or edited keeps its shape unless another one is asked for; null leaves it to the plan.
    private static ImageSize? Size(ReplicateRequest request, ModelProfile profile)
    {
        var ratio = request.AspectRatio ?? (request.Pictures.Count > 0 ? ReplicateRequest.AsPicture : DefaultRatio);
        return ratio switch
        {
            ReplicateRequest.AsPicture => null,
            ReplicateRequest.Custom => request.Size,
            _ => request.IsFast ? FastSize(ratio) : profile.AspectRatios.GetValueOrDefault(ratio, FastSize(ratio)),
        };
    }

    // The vendor's sizes for speed: 1024 on the longer side.
    private static ImageSize FastSize(string ratio)
    {
        var sides = Array.ConvertAll(ratio.Split(':'), double.Parse);
        var (width, height) = (sides[0], sides[1]);
        return width >= height ? new ImageSize(FastSide, Shorter(height / width)) : new ImageSize(Shorter(width / height), FastSide);
    }

    private static int Shorter(double ratio) => (int)Math.Round(FastSide * ratio / FastMultiple) * FastMultiple;
}
