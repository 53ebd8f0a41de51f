namespace QwenMesh.Tensors;

/// <summary>Memory of an engine's device in bytes.</summary>
/// <param name="InUse">Held by tensors and weights now. Weights that are read where a file is mapped are not counted.</param>
/// <param name="Peak">The most that was in use since the engine was opened.</param>
/// <param name="Limit">What the device has in all; null where the operating system decides.</param>
public readonly record struct EngineMemory(long InUse, long Peak, long? Limit);
