namespace QwenMesh.Tensors;

/// <summary>Which engine to open and how.</summary>
public sealed record EngineOptions
{
    /// <summary>"cpu" (managed), "torch:cpu", "cuda" (the first card) or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads of one operation on the CPU; null takes all processors of the machine or container.</summary>
    public int? Threads { get; init; }

    /// <summary>Element type of activations; null leaves the choice to the engine.</summary>
    public DType? ComputeType { get; init; }

    /// <summary>Settings that only one engine knows, by key, e.g. "LibraryPath" of the Torch engine. An engine refuses keys that it does not know.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
