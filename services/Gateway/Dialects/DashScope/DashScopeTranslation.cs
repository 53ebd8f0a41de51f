using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>The vendor's terms to the canonical request, with its defaults. Files are PNG always.</summary>
internal static class DashScopeTranslation
{
    /// <exception cref="DialectException">It breaks rules of the served model.</exception>
    public static GenerationRequest Translate(DashScopeRequest request, DashScopeModel model, BodyFields fields, ServedModel served)
    {
        var translated = new GenerationRequest
        {
            Prompt = request.Prompt.Text,
            NegativePrompt = request.NegativePrompt?.Text,
            Task = request.Task,
            Size = request.Size,
            Steps = served.Profile.Steps?.Default ?? GenerationPlanner.DefaultSteps,
            Guidance = served.Profile.Guidance,
            Seed = request.Seed is { } seed ? (ulong)seed : RandomSeed.Next(),
            Count = request.Count,
            Format = ImageFormat.Png,
        };
        if (request.Size is null && request.Task == GenerationTask.TextToImage)
        {
            translated = WithDefaultSize(translated, model, served);
        }
        ModelFaults.ThrowIfAny(translated, served, fields, Name);
        ModelFaults.ThrowIfNotDone(request.Task, served, request.Pictures.Count, fields, "input");
        return translated;
    }

    // The vendor's, unless the model that stands for the vendor's is too small for it.
    private static GenerationRequest WithDefaultSize(GenerationRequest request, DashScopeModel model, ServedModel served)
    {
        var vendors = request with { Size = model.DefaultSize };
        return model.DefaultSize is not null && !GenerationLimits.Check(vendors, served).Any() ? vendors : request with { Size = served.Profile.Sizes.Default };
    }

    private static string? Name(GenerationField field) => field switch
    {
        GenerationField.Width or GenerationField.Height or GenerationField.Size => "parameters.size",
        GenerationField.Count => "parameters.n",
        _ => null,
    };
}
