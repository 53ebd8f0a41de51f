namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Moves channels between the first and the last axis, with a scale and a shift for each.</summary>
internal static unsafe class ChannelLayout
{
    public static void ToLast(CpuRuntime runtime, float* x, float* scale, float* shift, float* into, int channels, int pixels) =>
        runtime.ForRows(pixels, channels, (start, count) =>
        {
            for (var c = 0; c < channels; c++)
            {
                var plane = x + ((long)c * pixels);
                for (var i = start; i < start + count; i++)
                {
                    into[((long)i * channels) + c] = (plane[i] * scale[c]) + shift[c];
                }
            }
        });

    public static void ToFirst(CpuRuntime runtime, float* x, float* scale, float* shift, float* into, int channels, int pixels) =>
        runtime.ForRows(pixels, channels, (start, count) =>
        {
            for (var c = 0; c < channels; c++)
            {
                var plane = into + ((long)c * pixels);
                for (var i = start; i < start + count; i++)
                {
                    plane[i] = (x[((long)i * channels) + c] * scale[c]) + shift[c];
                }
            }
        });
}
