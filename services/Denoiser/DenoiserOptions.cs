namespace QwenMesh.Denoiser;

/// <summary>Section <c>Denoiser</c>: what one call may ask for.</summary>
internal sealed class DenoiserOptions
{
    public const string Section = "Denoiser";

    /// <summary>Packed tokens of one picture. Default 16384: 2048 x 2048 pixels with the released VAE.</summary>
    public int MaxImageTokens { get; set; } = 16384;

    /// <summary>Steps of one call. Default 200.</summary>
    public int MaxSteps { get; set; } = 200;

    internal IEnumerable<string> Validate()
    {
        if (MaxImageTokens is < 1 or > 1 << 18)
        {
            yield return $"{Section}:{nameof(MaxImageTokens)} is {MaxImageTokens}; 1 to {1 << 18} are allowed";
        }
        if (MaxSteps is < 1 or > 10_000)
        {
            yield return $"{Section}:{nameof(MaxSteps)} is {MaxSteps}; 1 to 10000 are allowed";
        }
    }
}
