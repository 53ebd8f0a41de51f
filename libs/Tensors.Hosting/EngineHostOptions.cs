namespace QwenMesh.Tensors.Hosting;

/// <summary>Section <c>Engine</c>: where a stage computes.</summary>
public sealed class EngineHostOptions
{
    public const string Section = "Engine";

    /// <summary>"cpu" (managed), "torch:cpu", "cuda" (the first card) or "cuda:N". Default "cpu".</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>Element type of activations: "auto" (the engine's choice), "f32" or "bf16". Default "auto".</summary>
    public string ComputeType { get; set; } = "auto";

    /// <summary>Settings of one engine, e.g. Engine:Settings:LibraryPath; docs/operations.md lists them.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The type that <see cref="ComputeType"/> names; null for "auto".</summary>
    public DType? ComputeDType => ComputeType.ToUpperInvariant() switch
    {
        "F32" => DType.Float32,
        "BF16" => DType.BFloat16,
        _ => null,
    };

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
        if (ComputeType.ToUpperInvariant() is not ("AUTO" or "F32" or "BF16"))
        {
            yield return $"{Section}:{nameof(ComputeType)} is '{ComputeType}'; auto, f32 or bf16 are allowed";
        }
    }
}
