using QwenMesh.Protocol;

namespace QwenMesh.Denoiser;

/// <summary>Section <c>Denoiser</c>: what one call may ask for.</summary>
internal sealed class DenoiserOptions
{
    public const string Section = "Denoiser";

    /// <summary>Packed tokens of one picture and its references. Default 16384: 2048 x 2048 pixels with the released VAE.</summary>
    public int MaxImageTokens { get; set; } = 16384;

    /// <summary>Steps of one call. Default 200.</summary>
    public int MaxSteps { get; set; } = 200;

    /// <summary>References of one call. Default 8; their tokens count towards <see cref="MaxImageTokens"/>.</summary>
    public int MaxReferences { get; set; } = 8;

    /// <summary>Control networks: the name that calls give, and the folder with its config.json and weights. None by default.</summary>
    public Dictionary<string, string> Controls { get; } = new(StringComparer.Ordinal);

    internal IEnumerable<string> Validate()
    {
        if (MaxReferences is < 0 or > 64)
        {
            yield return $"{Section}:{nameof(MaxReferences)} is {MaxReferences}; 0 to 64 are allowed";
        }
        foreach (var (name, folder) in Controls)
        {
            if (name.Length > Echo.MaxNameLength)
            {
                yield return $"{Section}:{nameof(Controls)}:{name}: a name has at most {Echo.MaxNameLength} characters";
            }
            if (!File.Exists(Path.Combine(folder, "config.json")))
            {
                yield return $"{Section}:{nameof(Controls)}:{name}: '{folder}' is no folder with a config.json";
            }
        }
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
