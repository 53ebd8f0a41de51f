using System.Numerics.Tensors;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Stored floats of any type to Float32. A bfloat16 is the upper half of a Float32.</summary>
internal static unsafe class StoredFloats
{
    public static void Expand(byte* source, DType dtype, int count, float* into)
    {
        switch (dtype)
        {
            case DType.Float32:
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(into, count));
                break;
            case DType.Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(into, count));
                break;
            case DType.BFloat16:
                for (var i = 0; i < count; i++)
                {
                    into[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16);
                }
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a float type");
        }
    }
}
