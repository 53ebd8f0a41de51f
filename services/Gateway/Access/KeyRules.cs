using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Access;

/// <summary>What a key allows to draw.</summary>
internal static class KeyRules
{
    /// <summary>Of refusals by these rules, for the metric.</summary>
    public const string Reason = "rules";

    /// <summary>Why the key does not allow a request; null when it does. What the request leaves open counts as the model's profile has it.</summary>
    public static string? Refusal(ApiKey key, GenerationRequest request, ServedModel served)
    {
        var size = request.Size ?? served.Profile.Sizes.Default;
        return Refusal(key, served.ModelId, Math.BigMul(size.Width, size.Height) * request.Count, request.Steps ?? served.Profile.Steps?.Default ?? 0);
    }

    /// <summary>Why the key does not allow a request; null when it does.</summary>
    /// <param name="key">The caller's.</param>
    /// <param name="modelId">Of the model that would draw.</param>
    /// <param name="pixels">Of all pictures together.</param>
    /// <param name="steps">Denoising steps of a picture.</param>
    public static string? Refusal(ApiKey key, string modelId, long pixels, int steps)
    {
        if (!key.Allows(modelId))
        {
            return $"this API key does not allow the model '{modelId}'";
        }
        if (key.MaxPixels > 0 && pixels > key.MaxPixels)
        {
            return $"this API key allows {key.MaxPixels} pixels a request; these pictures have {pixels}";
        }
        return key.MaxSteps > 0 && steps > key.MaxSteps ? $"this API key allows {key.MaxSteps} steps; {steps} were asked for" : null;
    }

    /// <summary>Why the key does not allow calls of the stages themselves; null when it does. What they draw is not known before they have drawn it.</summary>
    public static string? RefusalOfStages(ApiKey key) =>
        key.LimitsPictures ? "this API key limits what is drawn, which is not known of a stage's call; call qwenmesh.v1.ImageGeneration" : null;
}
