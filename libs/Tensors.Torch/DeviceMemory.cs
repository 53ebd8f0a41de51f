namespace QwenMesh.Tensors.Torch;

/// <summary>A device's memory in bytes.</summary>
internal readonly record struct DeviceMemory(long Free, long Total);
