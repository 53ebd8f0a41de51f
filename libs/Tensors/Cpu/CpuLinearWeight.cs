using QwenMesh.Tensors.Cpu.Kernels;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// A linear layer: the matrix as stored, the bias as Float32, and, while the engine's budget for them lasts, a packed Float32 copy
/// made when it is first needed.
/// </summary>
internal sealed unsafe class CpuLinearWeight(StoredMatrix matrix, CpuTensor? bias, int outFeatures, int inFeatures, PackedWeights packed)
    : LinearWeight(outFeatures, inFeatures)
{
    private readonly Lock _lock = new();
    private NativeBlock? _packed;
    private bool _asked;

    public StoredMatrix Matrix { get; } = matrix;

    public float* Bias => bias is null ? null : bias.Floats;

    /// <summary>The matrix in column panels, or null where it has to be packed for each product.</summary>
    public float* Packed<TWidth, TVector>(CpuRuntime runtime)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        lock (_lock)
        {
            if (!_asked)
            {
                _asked = true;
                _packed = packed.Rent(Panels<TWidth, TVector>.ColumnFloats(OutFeatures, InFeatures) * sizeof(float));
                if (_packed is not null)
                {
                    Pack<TWidth, TVector>(runtime, (float*)_packed.Pointer);
                }
            }
            return _packed is null ? null : (float*)_packed.Pointer;
        }
    }

    protected override void Dispose(bool disposing)
    {
        Matrix.Dispose();
        bias?.Dispose();
        lock (_lock)
        {
            _asked = true;
            if (_packed is not null)
            {
                packed.Return(_packed);
                _packed = null;
            }
        }
        base.Dispose(disposing);
    }

    private void Pack<TWidth, TVector>(CpuRuntime runtime, float* into)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var width = Panels<TWidth, TVector>.Width;
        runtime.Workers.For((OutFeatures + width - 1) / width, item => Panels<TWidth, TVector>.PackColumns(
            Matrix, item * width, Math.Min(OutFeatures, (item + 1) * width), into + ((long)item * width * InFeatures)));
    }
}
