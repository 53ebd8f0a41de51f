using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

public static class DataTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="WireFormatException">The type is unspecified or unknown to this version.</exception>
    public static int Size(this DataType dtype) => dtype switch
    {
        DataType.Float32 => 4,
        DataType.Float16 or DataType.Bfloat16 => 2,
        DataType.Uint8 => 1,
        DataType.Int64 => 8,
        _ => throw new WireFormatException($"dtype {dtype} is not an element type that this version knows"),
    };
}
