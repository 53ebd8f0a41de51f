namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>What becomes of the sums of one row of x·Wᵀ, from column <c>column</c> on.</summary>
internal unsafe interface IEpilogue
{
    void Store(CpuRuntime runtime, int row, int column, float* sums, int count);
}

/// <summary>into = activation(sum + bias)</summary>
internal readonly unsafe struct LinearEpilogue(float* into, CpuLinearWeight weight, Activation activation) : IEpilogue
{
    private readonly float* _into = into;
    private readonly float* _bias = weight.Bias;
    private readonly int _columns = weight.OutFeatures;

    public void Store(CpuRuntime runtime, int row, int column, float* sums, int count)
    {
        var to = _into + ((long)row * _columns) + column;
        for (var i = 0; i < count; i++)
        {
            to[i] = ScalarMath.Activate(_bias is null ? sums[i] : sums[i] + _bias[column + i], activation);
        }
    }
}

/// <summary>residual += gate·(sum + bias)</summary>
internal readonly unsafe struct ResidualEpilogue(float* residual, CpuLinearWeight weight, float* gate) : IEpilogue
{
    private readonly float* _residual = residual;
    private readonly float* _gate = gate;
    private readonly float* _bias = weight.Bias;
    private readonly int _columns = weight.OutFeatures;

    public void Store(CpuRuntime runtime, int row, int column, float* sums, int count)
    {
        var to = _residual + ((long)row * _columns) + column;
        for (var i = 0; i < count; i++)
        {
            var value = _bias is null ? sums[i] : sums[i] + _bias[column + i];
            to[i] += _gate is null ? value : _gate[column + i] * value;
        }
    }
}

/// <summary>into = SiLU(sum + bias)·into: the second half of SwiGLU, after into has received the other product.</summary>
internal readonly unsafe struct SwiGluEpilogue(float* into, CpuLinearWeight weight) : IEpilogue
{
    private readonly float* _into = into;
    private readonly float* _bias = weight.Bias;
    private readonly int _columns = weight.OutFeatures;

    public void Store(CpuRuntime runtime, int row, int column, float* sums, int count)
    {
        var to = _into + ((long)row * _columns) + column;
        for (var i = 0; i < count; i++)
        {
            to[i] *= ScalarMath.Silu(_bias is null ? sums[i] : sums[i] + _bias[column + i]);
        }
    }
}

/// <summary>x·Wᵀ with x [rows, in] and W [out, in] as stored.</summary>
internal static unsafe class MatMul
{
    public static void Run<TEpilogue>(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue
    {
        Scalar(runtime, x, rows, weight, epilogue);
    }

    private static void Scalar<TEpilogue>(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue
    {
        const int PerItem = 16;
        var (columns, depth) = (weight.OutFeatures, weight.InFeatures);
        runtime.Workers.For((columns + PerItem - 1) / PerItem, item =>
        {
            using var scratch = runtime.Floats(depth);
            for (var n = item * PerItem; n < Math.Min(columns, (item + 1) * PerItem); n++)
            {
                weight.Matrix.Expand(n, 0, depth, scratch.Pointer);
                for (var m = 0; m < rows; m++)
                {
                    var sum = (float)Dot(x + ((long)m * depth), scratch.Pointer, depth);
                    epilogue.Store(runtime, m, n, &sum, 1);
                }
            }
        });
    }

    internal static double Dot(float* a, float* b, int count)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        var i = 0;
        for (; i <= count - 4; i += 4)
        {
            s0 += (double)a[i] * b[i];
            s1 += (double)a[i + 1] * b[i + 1];
            s2 += (double)a[i + 2] * b[i + 2];
            s3 += (double)a[i + 3] * b[i + 3];
        }
        for (; i < count; i++)
        {
            s0 += (double)a[i] * b[i];
        }
        return s0 + s1 + (s2 + s3);
    }
}
