using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>The vendor's terms to the canonical request, with its defaults.</summary>
internal static class FalTranslation
{
    private const string NegativePrompt = " ";

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(FalRequest request, FalModel model, BodyFields fields, ServedModel served)
    {
        var task = model.IsEdit ? GenerationTask.Edit : GenerationTask.TextToImage;
        var translated = new GenerationRequest
        {
            Task = task,
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt ?? NegativePrompt,
            // An edit's size is its picture's where none is asked for; the plan knows it.
            Size = request.Size ?? (model.IsEdit ? null : FalImageSize.Default),
            Steps = request.Steps ?? served.Profile.Steps?.Default ?? model.Steps,
            Guidance = request.Guidance ?? (served.Profile.Steps is null ? model.Guidance : served.Profile.Guidance),
            Seed = request.Seed is { } seed ? (ulong)seed : RandomSeed.Next(),
            Count = request.Count,
            Format = request.IsJpeg ? ImageFormat.Jpeg : ImageFormat.Png,
        };
        ModelFaults.ThrowIfAny(translated, served, fields, field => field switch
        {
            GenerationField.Width or GenerationField.Height or GenerationField.Size => "image_size",
            GenerationField.Steps => "num_inference_steps",
            GenerationField.Guidance => "guidance_scale",
            GenerationField.Count => "num_images",
            _ => null,
        });
        ModelFaults.ThrowIfNotDone(task, served, request.Pictures.Count, fields, model.IsEdit ? model.PictureField : "prompt");
        return translated;
    }
}
