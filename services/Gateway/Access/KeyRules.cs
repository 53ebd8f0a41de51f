namespace QwenMesh.Gateway.Access;

/// <summary>What a key allows to draw.</summary>
internal static class KeyRules
{
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
