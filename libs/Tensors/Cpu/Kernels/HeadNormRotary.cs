namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>RMS norm of each head (unless weight is null), then rotation of its channel pairs (unless cos is null), in place.</summary>
internal static unsafe class HeadNormRotary
{
    public static void Run(
        CpuRuntime runtime, float* x, int rows, int heads, int dim, float* weight, float eps, float* cos, float* sin, RotaryLayout layout) =>
        runtime.ForRows(rows, (long)heads * dim, (start, count) =>
        {
            for (var row = start; row < start + count; row++)
            {
                var angles = (long)row * (dim / 2);
                for (var head = 0; head < heads; head++)
                {
                    var values = x + ((((long)row * heads) + head) * dim);
                    Scalar(values, dim, weight, eps, cos is null ? null : cos + angles, sin is null ? null : sin + angles, layout);
                }
            }
        });

    private static void Scalar(float* x, int dim, float* weight, float eps, float* cos, float* sin, RotaryLayout layout)
    {
        if (weight is not null)
        {
            var factor = (float)(1 / Math.Sqrt((MatMul.Dot(x, x, dim) / dim) + eps));
            for (var i = 0; i < dim; i++)
            {
                x[i] = x[i] * factor * weight[i];
            }
        }
        if (cos is null)
        {
            return;
        }
        for (var pair = 0; pair < dim / 2; pair++)
        {
            var (first, second) = layout == RotaryLayout.Interleaved ? (2 * pair, (2 * pair) + 1) : (pair, pair + (dim / 2));
            var (a, b) = (x[first], x[second]);
            x[first] = (a * cos[pair]) - (b * sin[pair]);
            x[second] = (b * cos[pair]) + (a * sin[pair]);
        }
    }
}
