namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = weight ⊙ x·rsqrt(mean(x²) + eps) for every row.</summary>
internal static unsafe class RmsNorm
{
    public static void Run(CpuRuntime runtime, float* x, float* weight, float eps, float* into, int rows, int columns) =>
        runtime.ForRows(rows, columns, (start, count) =>
        {
            for (var row = start; row < start + count; row++)
            {
                var offset = (long)row * columns;
                Scalar(x + offset, weight, eps, into + offset, columns);
            }
        });

    private static void Scalar(float* x, float* weight, float eps, float* into, int columns)
    {
        var factor = (float)(1 / Math.Sqrt((MatMul.Dot(x, x, columns) / columns) + eps));
        for (var i = 0; i < columns; i++)
        {
            into[i] = x[i] * factor * weight[i];
        }
    }
}
