using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Softmax(q·kᵀ·scale + mask)·v.</summary>
internal static unsafe class Attention
{
    public static void Run(CpuRuntime runtime, AttentionProblem problem)
    {
        switch (runtime.Simd)
        {
            case SimdLevel.Vector512:
                FlashAttention<Width512, Vector512<float>>.Run(runtime, problem);
                break;
            case SimdLevel.Vector256:
                FlashAttention<Width256, Vector256<float>>.Run(runtime, problem);
                break;
            case SimdLevel.Vector128:
                FlashAttention<Width128, Vector128<float>>.Run(runtime, problem);
                break;
            default:
                Scalar(runtime, problem);
                break;
        }
    }

    private static void Scalar(CpuRuntime runtime, AttentionProblem p)
    {
        for (var s = 0; s < p.Segments; s++)
        {
            var (rowStart, rowEnd, keyStart, keyEnd) = p.Segment(s);
            runtime.Workers.For((rowEnd - rowStart) * p.Heads, item =>
            {
                using var scores = runtime.Floats(keyEnd - keyStart);
                using var sums = runtime.Floats(2L * p.Dim);
                var row = rowStart + (item / p.Heads);
                Row(p, row, item % p.Heads, keyStart, p.Causal ? row + 1 : keyEnd, scores.Pointer, (double*)sums.Pointer);
            });
        }
    }

    private static void Row(in AttentionProblem p, int row, int head, int keyStart, int keyEnd, float* scores, double* sums)
    {
        var (qStride, kvStride, kvOffset) = ((long)p.Heads * p.Dim, (long)p.KvHeads * p.Dim, p.KvHead(head) * p.Dim);
        var query = p.Q + (row * qStride) + (head * p.Dim);
        var count = keyEnd - keyStart;
        var maximum = float.NegativeInfinity;
        for (var j = 0; j < count; j++)
        {
            scores[j] = (float)ScalarMath.Dot(query, p.K + ((keyStart + j) * kvStride) + kvOffset, p.Dim) * p.Scale;
            maximum = Math.Max(maximum, scores[j]);
        }

        new Span<double>(sums, p.Dim).Clear();
        double total = 0;
        for (var j = 0; j < count; j++)
        {
            var weight = Math.Exp(scores[j] - maximum);
            total += weight;
            var value = p.V + ((keyStart + j) * kvStride) + kvOffset;
            for (var c = 0; c < p.Dim; c++)
            {
                sums[c] += weight * value[c];
            }
        }
        var into = p.Into + (row * qStride) + (head * p.Dim);
        for (var c = 0; c < p.Dim; c++)
        {
            into[c] = (float)(sums[c] / total);
        }
    }
}
