namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>comb = negative + scale·(cond − negative); into = comb·(‖cond‖₂/‖comb‖₂), for every row; no epsilon (model-spec 8).</summary>
internal static unsafe class TrueGuidance
{
    public static void Run(CpuRuntime runtime, float* cond, float* negative, float scale, float* into, int rows, int columns) =>
        runtime.ForRows(rows, columns, (start, count) =>
        {
            for (var row = start; row < start + count; row++)
            {
                var offset = (long)row * columns;
                Scalar(cond + offset, negative + offset, scale, into + offset, columns);
            }
        });

    private static void Scalar(float* cond, float* negative, float scale, float* into, int columns)
    {
        // The norms first: into may be one of the inputs.
        double condSquares = MatMul.Dot(cond, cond, columns), squares = 0;
        for (var i = 0; i < columns; i++)
        {
            double comb = negative[i] + (scale * (cond[i] - negative[i]));
            squares += comb * comb;
        }
        var factor = (float)(Math.Sqrt(condSquares) / Math.Sqrt(squares));
        for (var i = 0; i < columns; i++)
        {
            into[i] = (negative[i] + (scale * (cond[i] - negative[i]))) * factor;
        }
    }
}
