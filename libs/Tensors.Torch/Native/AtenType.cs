namespace QwenMesh.Tensors.Torch.Native;

/// <summary>Element types that the engine asks LibTorch for.</summary>
internal enum AtenType
{
    Float32,
    Float16,
    BFloat16,
    Float8E4M3,
    UInt8,
    Int64,
}

internal static class AtenTypes
{
    public static AtenType Native(this DType dtype) => dtype switch
    {
        DType.Float32 => AtenType.Float32,
        DType.Float16 => AtenType.Float16,
        DType.BFloat16 => AtenType.BFloat16,
        DType.UInt8 => AtenType.UInt8,
        DType.Int64 => AtenType.Int64,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "unknown element type"),
    };

    public static int Size(this AtenType type) => type switch
    {
        AtenType.Float32 => 4,
        AtenType.Float16 or AtenType.BFloat16 => 2,
        AtenType.Float8E4M3 or AtenType.UInt8 => 1,
        AtenType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>Bytes of a contiguous tensor.</summary>
    public static long Bytes(ReadOnlySpan<long> sizes, AtenType type)
    {
        long bytes = type.Size();
        foreach (var size in sizes)
        {
            bytes = checked(bytes * size);
        }
        return bytes;
    }
}
