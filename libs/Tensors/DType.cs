namespace QwenMesh.Tensors;

/// <summary>Element types of tensors and stored weights.</summary>
public enum DType
{
    Float32,
    Float16,
    BFloat16,
    UInt8,
    Int64,
}

public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.Float32 => 4,
        DType.Float16 or DType.BFloat16 => 2,
        DType.UInt8 => 1,
        DType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "unknown element type"),
    };
}
