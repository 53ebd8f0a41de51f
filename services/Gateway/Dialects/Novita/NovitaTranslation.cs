using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>The vendor's terms to the canonical request, with the vendor's defaults. Steps and guidance are the model's own: no field names them.</summary>
internal static class NovitaTranslation
{
    private static readonly ImageSize DefaultSize = new(1024, 1024);
    private static readonly ImageSize TestSize = new(NovitaRequest.MinSide, NovitaRequest.MinSide);

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(NovitaRequest request, GenerationTask task, BodyFields fields, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            Task = task,
            // An edit's size is its picture's.
            Size = task == GenerationTask.TextToImage ? request.Size ?? DefaultSize : null,
            Seed = request.Seed < 0 ? RandomSeed.Next() : (ulong)request.Seed,
            Format = request.OutputFormat switch
            {
                "png" => ImageFormat.Png,
                "webp" => ImageFormat.WebP,
                _ => ImageFormat.Jpeg,
            },
        };
        if (request.Extra.Test is not null)
        {
            // A test is of the webhook; its picture costs next to nothing.
            translated = translated with { Size = TestSize, Steps = served.Profile.Steps?.Minimum ?? 1 };
        }
        ModelFaults.ThrowIfAny(translated, served, fields, field => field is GenerationField.Width or GenerationField.Height or GenerationField.Size ? "size" : null);
        if (task == GenerationTask.Edit)
        {
            ModelFaults.ThrowIfNotDone(task, served, request.Pictures.Count, fields, "image");
        }
        return translated;
    }
}
