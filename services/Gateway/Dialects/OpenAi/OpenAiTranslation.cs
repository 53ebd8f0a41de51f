using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>OpenAI's terms to the canonical request, with its defaults.</summary>
internal static class OpenAiTranslation
{
    public const int DefaultSteps = 30;

    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(OpenAiRequest request, BodyFields fields, ServedModel served)
    {
        var steps = request.Steps ?? served.Profile.Steps?.Default ?? DefaultSteps;
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt,
            NegativePrompt = request.NegativePrompt,
            Task = request.Task,
            // An edit's size is its picture's where none is asked for; the plan knows it.
            Size = request.Size ?? (request.Pictures is null ? served.Profile.Sizes.Default : null),
            Steps = steps,
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
            Quality = Math.Max(1, request.OutputCompression ?? request.OutputQuality ?? Quality(request.Quality)),
            // Fewer previews than are asked for are allowed, none too where the Denoiser sends none.
            PreviewInterval = served.Denoiser.Features.Contains(StageFeatures.Preview) ? PreviewInterval(steps, request.Previews) : 0,
        };
        CheckLength(request, served, fields);
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

    // So that as many as are asked for come before the last step.
    private static int PreviewInterval(int steps, int previews) => previews == 0 ? 0 : Math.Max(1, (steps + previews) / (previews + 1));

    // Prompts are read as far as the Encoder reads by itself.
    private static void CheckLength(OpenAiRequest request, ServedModel served, BodyFields fields)
    {
        var own = served.Encoder.Encoder.DefaultMaxSequenceLength;
        if (request.MaxSequenceLength is { } length && length != own)
        {
            var reason = FormattableString.Invariant($"this model reads prompts of up to {own} tokens; ask for {own} or leave it out");
            throw new DialectException(DialectError.Of([FieldFault.Because(FieldPath.Body.At("max_sequence_length"), reason, fields.Sent("max_sequence_length"))]));
        }
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
