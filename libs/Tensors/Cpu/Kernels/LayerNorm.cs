namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = (x − mean)·rsqrt(variance + eps)·(1 + scale) + shift for every row; biased variance.</summary>
internal static unsafe class LayerNorm
{
    public static void Run(CpuRuntime runtime, float* x, float* shift, float* scale, float eps, float* into, int rows, int columns) =>
        runtime.ForRows(rows, columns, (start, count) =>
        {
            for (var row = start; row < start + count; row++)
            {
                var offset = (long)row * columns;
                Scalar(x + offset, shift, scale, eps, into + offset, columns);
            }
        });

    private static void Scalar(float* x, float* shift, float* scale, float eps, float* into, int columns)
    {
        double mean = 0, variance = 0;
        for (var i = 0; i < columns; i++)
        {
            mean += x[i];
        }
        mean /= columns;
        for (var i = 0; i < columns; i++)
        {
            variance += (x[i] - mean) * (x[i] - mean);
        }
        var factor = 1 / Math.Sqrt((variance / columns) + eps);
        for (var i = 0; i < columns; i++)
        {
            into[i] = (float)((x[i] - mean) * factor * (1 + scale[i])) + shift[i];
        }
    }
}
