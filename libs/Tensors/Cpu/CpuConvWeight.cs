using QwenMesh.Tensors.Cpu.Kernels;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>A convolution's kernel as Float32 [out, kH, kW, in] and its bias (zeros when there is none), with packed forms on demand.</summary>
internal sealed unsafe class CpuConvWeight(
    CpuTensor kernel, CpuTensor bias, int outChannels, int inChannels, int kernelHeight, int kernelWidth, BufferPool buffers)
    : ConvWeight(outChannels, inChannels, kernelHeight, kernelWidth)
{
    private readonly Lock _lock = new();
    private NativeBlock? _packed;
    private NativeBlock? _folded;

    public float* Kernel => kernel.Floats;

    public float* Bias => bias.Floats;

    /// <summary>The kernel as row panels, [kH·kW·in] deep.</summary>
    public float* Packed<TWidth, TVector>()
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        lock (_lock)
        {
            var (plain, depth) = ((nint)Kernel, KernelHeight * KernelWidth * InChannels);
            if (_packed is null)
            {
                _packed = buffers.Rent((long)OutChannels * depth * sizeof(float));
                Panels<TWidth, TVector>.PackRows((float*)plain, depth, 0, OutChannels, depth, (float*)_packed.Pointer);
            }
            return (float*)_packed.Pointer;
        }
    }

    /// <summary>The four 2×2 kernels of <see cref="FoldedKernel"/> as row panels, one after the other, [4·in] deep each.</summary>
    public float* PackedFolded<TWidth, TVector>()
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        lock (_lock)
        {
            var (source, depth) = ((nint)Kernel, FoldedKernel.Taps * InChannels);
            if (_folded is null)
            {
                _folded = buffers.Rent((long)FoldedKernel.Phases * OutChannels * depth * sizeof(float));
                var plain = buffers.Rent((long)OutChannels * depth * sizeof(float));
                for (var phase = 0; phase < FoldedKernel.Phases; phase++)
                {
                    FoldedKernel.Fold((float*)source, OutChannels, InChannels, phase, (float*)plain.Pointer);
                    Panels<TWidth, TVector>.PackRows(
                        (float*)plain.Pointer, depth, 0, OutChannels, depth, (float*)_folded.Pointer + ((long)phase * OutChannels * depth));
                }
                buffers.Return(plain);
            }
            return (float*)_folded.Pointer;
        }
    }

    protected override void Dispose(bool disposing)
    {
        kernel.Dispose();
        bias.Dispose();
        lock (_lock)
        {
            foreach (var block in new[] { _packed, _folded })
            {
                if (block is not null)
                {
                    buffers.Return(block);
                }
            }
            (_packed, _folded) = (null, null);
        }
        base.Dispose(disposing);
    }
}
