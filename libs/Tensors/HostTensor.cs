namespace QwenMesh.Tensors;

/// <summary>
/// A stored tensor in host memory, usually a slice of a mapped checkpoint file. Little-endian, row-major. The bytes stay valid as
/// long as the file that they come from is open; engines may keep reading from them.
/// </summary>
public sealed record HostTensor(string Name, DType DType, Shape Shape, ReadOnlyMemory<byte> Bytes);
