using Microsoft.Extensions.Configuration;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>Section <c>Engine</c>: where a stage computes.</summary>
public sealed class EngineHostOptions
{
    public const string Section = "Engine";

    private const int MostKeepSeconds = 86_400;

    /// <summary>A shorter place for the Torch engine's settings: Torch:LibraryPath is Engine:Settings:LibraryPath. The cpu engine does not see it.</summary>
    public const string TorchSection = "Torch";

    /// <summary>"cpu" (managed), "torch:cpu", "cuda" (the first card) or "cuda:N". Default "cpu".</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>Element type of activations: "auto" (the engine's choice), "f32" or "bf16". Default "auto".</summary>
    public string ComputeType { get; set; } = "auto";

    /// <summary>
    /// Seconds that the engine keeps memory which nothing uses; it goes back to the system after one to two times as long. Default 30; 0 keeps it
    /// for ever.
    /// </summary>
    public int KeepSeconds { get; set; } = 30;

    /// <summary>Settings of one engine, e.g. Engine:Settings:LibraryPath; docs/operations.md lists them.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type that <see cref="ComputeType"/> names; null for "auto".</summary>
    public DType? ComputeDType => ComputeType.ToUpperInvariant() switch
    {
        "F32" => DType.Float32,
        "BF16" => DType.BFloat16,
        _ => null,
    };

    private bool IsTorch =>
        Device.StartsWith("torch", StringComparison.OrdinalIgnoreCase) || Device.StartsWith("cuda", StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the settings of section Torch; those of Engine:Settings count where both are given.</summary>
    internal void AddTorchSection(IConfiguration configuration)
    {
        foreach (var setting in configuration.GetSection(TorchSection).GetChildren())
        {
            if (IsTorch && setting.Value is { } value)
            {
                Settings.TryAdd(setting.Key, value);
            }
        }
    }

    internal EngineOptions ToEngineOptions(int? threads) => new()
    {
        Device = Device,
        Threads = threads,
        ComputeType = ComputeDType,
        Settings = Settings.AsReadOnly(),
    };

    internal IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Device))
        {
            yield return $"{Section}:{nameof(Device)} is empty; cpu, torch:cpu, cuda or cuda:N are allowed";
        }
        if (KeepSeconds is < 0 or > MostKeepSeconds)
        {
            yield return $"{Section}:{nameof(KeepSeconds)} is {KeepSeconds}; 0 to {MostKeepSeconds} are allowed";
        }
        if (ComputeType.ToUpperInvariant() is not ("AUTO" or "F32" or "BF16"))
        {
            yield return $"{Section}:{nameof(ComputeType)} is '{ComputeType}'; auto, f32 or bf16 are allowed";
        }
    }
}
