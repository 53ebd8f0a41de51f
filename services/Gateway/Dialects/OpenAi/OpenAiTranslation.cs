using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's terms to the canonical request, with its defaults.</summary>
internal static class OpenAiTranslation
{
    public const int DefaultSteps = 30;

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(OpenAiRequest request, BodyFields fields, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Task = request.Task,
            // An edit's size is its picture's where none is asked for; the plan knows it.
            Size = request.Size ?? (request.Pictures is null ? served.Profile.Sizes.Default : null),
            Steps = request.Steps ?? served.Profile.Steps?.Default ?? DefaultSteps,
            Guidance = request.Guidance ?? served.Profile.Guidance,
            Seed = request.Seed is { } seed ? (ulong)seed : RandomSeed.Next(),
            Count = request.Count,
            MaskKind = MaskKind.Transparency,
            // What the mask marks is drawn from noise alone: clients of this interface send no strength.
            Strength = request.Task == GenerationTask.Inpaint ? 1 : null,
            Format = request.OutputFormat switch
            {
                "jpeg" => ImageFormat.Jpeg,
                "webp" => ImageFormat.WebP,
                _ => ImageFormat.Png,
            },
            Quality = Math.Max(1, request.OutputCompression ?? Quality(request.Quality)),
        };
        ModelFaults.ThrowIfAny(translated, served, fields, field => field switch
        {
            GenerationField.Width or GenerationField.Height or GenerationField.Size => request.SizeField,
            GenerationField.Steps => request.StepsField,
            GenerationField.Guidance => "true_cfg_scale",
            GenerationField.Count => "n",
            _ => null,
        });
        if (request.Pictures is { } pictures)
        {
            ModelFaults.ThrowIfNotDone(request.Task, served, pictures.References.Count, fields, "image");
        }
        return translated;
    }

    // SGLang's numbers. OpenAI's own effort of rendering is the number of steps here.
    private static int Quality(string word) => word switch
    {
        "low" => 35,
        "medium" => 55,
        "high" or "hd" => 90,
        _ => 100,
    };
}
