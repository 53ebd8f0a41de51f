using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.WaveSpeed;

/// <summary>The vendor's terms to the canonical request, with the vendor's defaults. Steps and guidance are the model's own: no field names them.</summary>
internal static class WaveSpeedTranslation
{
    private static readonly ImageSize DefaultSize = new(1024, 1024);

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(WaveSpeedRequest request, WaveSpeedVariant variant, BodyFields fields, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            Task = variant.Task,
            // An edit's size is its picture's where none is asked for.
            Size = request.Size ?? (variant.Task == GenerationTask.TextToImage ? DefaultSize : null),
            Seed = request.Seed < 0 ? RandomSeed.Next() : (ulong)request.Seed,
            Format = request.OutputFormat switch
            {
                "png" => ImageFormat.Png,
                "webp" => ImageFormat.WebP,
                _ => ImageFormat.Jpeg,
            },
        };
        ModelFaults.ThrowIfAny(translated, served, fields, field => field is GenerationField.Width or GenerationField.Height or GenerationField.Size ? "size" : null);
        if (variant.PictureField is { } name)
        {
            ModelFaults.ThrowIfNotDone(variant.Task, served, request.Pictures.Count, fields, name);
        }
        return translated;
    }
}
