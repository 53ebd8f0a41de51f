namespace QwenMesh.TensorWire;

/// <summary>A peer sent tensor frames that break the contract of tensor.proto.</summary>
public sealed class WireFormatException(string message) : FormatException(message);
