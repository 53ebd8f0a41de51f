namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into = x / max(‖x‖₂, 1e-12) · √C · gamma per pixel, then SiLU when asked; may be in place.</summary>
internal static unsafe class ChannelNorm
{
    private const double SmallestNorm = 1e-12;

    public static void Run(CpuRuntime runtime, float* x, float* gamma, bool silu, float* into, int pixels, int channels) =>
        runtime.ForRows(pixels, channels, (start, count) =>
        {
            for (var pixel = start; pixel < start + count; pixel++)
            {
                var offset = (long)pixel * channels;
                Scalar(x + offset, gamma, silu, into + offset, channels);
            }
        });

    private static void Scalar(float* x, float* gamma, bool silu, float* into, int channels)
    {
        var factor = Math.Sqrt(channels) / Math.Max(Math.Sqrt(MatMul.Dot(x, x, channels)), SmallestNorm);
        for (var i = 0; i < channels; i++)
        {
            var value = (float)(x[i] * factor * gamma[i]);
            into[i] = silu ? ScalarMath.Silu(value) : value;
        }
    }
}
