using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>x·Wᵀ with x [rows, in] and W [out, in] as stored.</summary>
internal static unsafe class MatMul
{
    // Up to here the time goes into reading the weights, which packing them first would double.
    private const int FewRows = 8;

    public static void Run(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, Epilogue epilogue)
    {
        switch (runtime.Simd)
        {
            case SimdLevel.Vector512:
                Run<Width512, Vector512<float>>(runtime, x, rows, weight, epilogue);
                break;
            case SimdLevel.Vector256:
                Run<Width256, Vector256<float>>(runtime, x, rows, weight, epilogue);
                break;
            case SimdLevel.Vector128:
                Run<Width128, Vector128<float>>(runtime, x, rows, weight, epilogue);
                break;
            default:
                Scalar(runtime, x, rows, weight, epilogue);
                break;
        }
    }

    private static void Run<TWidth, TVector>(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, Epilogue epilogue)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        if (rows <= FewRows)
        {
            FewRowsMatMul<TWidth, TVector>.Run(runtime, x, rows, weight, epilogue);
        }
        else
        {
            BlockedMatMul<TWidth, TVector>.Run(runtime, x, rows, weight, epilogue);
        }
    }

    private static void Scalar(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, Epilogue epilogue)
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
                    var sum = (float)ScalarMath.Dot(x + ((long)m * depth), scratch.Pointer, depth);
                    epilogue.Apply(m, n, &sum, 1);
                }
            }
        });
    }
}
