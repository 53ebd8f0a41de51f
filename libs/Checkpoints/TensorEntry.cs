using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>What a safetensors header says about one tensor.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="StoredType">The format's name of the element type, e.g. "BF16".</param>
/// <param name="DType">The element type, or null when no engine computes with it (fp8, integers other than I64 and U8).</param>
/// <param name="Shape">Sizes of the axes; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record TensorEntry(string Name, string StoredType, DType? DType, Shape Shape, long Begin, long End)
{
    public long Length => End - Begin;
}
