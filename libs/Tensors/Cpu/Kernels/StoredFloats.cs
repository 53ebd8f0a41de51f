using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Stored floats of any type to Float32, exactly.</summary>
internal static unsafe class StoredFloats
{
    public static void Expand(byte* source, DType dtype, int count, float* into)
    {
        switch (dtype)
        {
            case DType.Float32:
                Unsafe.CopyBlockUnaligned(into, source, (uint)count * sizeof(float));
                break;
            case DType.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(into, count));
                break;
            case DType.BFloat16:
                ExpandBFloat16((ushort*)source, count, into);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a float type");
        }
    }

    /// <summary>A bfloat16 is the upper half of a Float32.</summary>
    private static void ExpandBFloat16(ushort* source, int count, float* into)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Width256.Store(into + i, Width256.LoadBFloat16(source + i));
            }
        }
        for (; i < count; i++)
        {
            into[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
