using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

/// <summary>A tensor to send.</summary>
/// <param name="Name">Role in its call.</param>
/// <param name="DataType">Element type.</param>
/// <param name="Shape">Sizes of the axes, outermost first.</param>
/// <param name="Bytes">The elements, little-endian and row-major; must stay as they are until the last frame has been written.</param>
/// <param name="Index">Which one of several of this name, from 0.</param>
public sealed record OutgoingTensor(string Name, DataType DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes, int Index = 0);
