using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>An element type of the safetensors format. Only some can be computed with: those that have a <see cref="DType"/>.</summary>
internal readonly record struct StoredType(int Size, DType? DType)
{
    public static bool TryParse(string name, out StoredType type)
    {
        StoredType? known = name switch
        {
            "F32" => new(4, Tensors.DType.Float32),
            "F16" => new(2, Tensors.DType.Float16),
            "BF16" => new(2, Tensors.DType.BFloat16),
            "U8" => new(1, Tensors.DType.UInt8),
            "I64" => new(8, Tensors.DType.Int64),
            "F64" or "U64" => new(8, null),
            "I32" or "U32" => new(4, null),
            "I16" or "U16" => new(2, null),
            "BOOL" or "I8" or "F8_E4M3" or "F8_E5M2" => new(1, null),
            _ => null,
        };
        type = known.GetValueOrDefault();
        return known is not null;
    }
}
