namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>[−1, 1] to bytes: round-half-even(clamp(0.5·x + 0.5, 0, 1)·255); NaN becomes 0.</summary>
internal static unsafe class Rgb8
{
    public static void Run(CpuRuntime runtime, float* x, byte* into, long count)
    {
        const int PerItem = 32 * 1024;
        runtime.Workers.For(checked((int)((count + PerItem - 1) / PerItem)), item =>
        {
            var start = (long)item * PerItem;
            for (var i = start; i < Math.Min(count, start + PerItem); i++)
            {
                into[i] = Convert(x[i]);
            }
        });
    }

    private static byte Convert(float x)
    {
        var value = (0.5f * x) + 0.5f;
        return value > 0 ? (byte)MathF.Round(Math.Min(value, 1) * 255) : (byte)0;
    }
}
