namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// A 3×3 convolution with padding 1 of a picture enlarged twofold by nearest neighbour. Of the nine pixels under the kernel some are
/// copies of one another, so output pixel (2y + py, 2x + px) is a 2×2 convolution of the small picture, from pixel (y − 1 + py, x − 1 + px)
/// on, whose taps are sums of the original's: 4/9 of the work.
/// </summary>
internal static unsafe class FoldedKernel
{
    /// <summary>Kernels, phase = 2·py + px.</summary>
    public const int Phases = 4;

    /// <summary>Taps of each, 2·ty + tx.</summary>
    public const int Taps = 4;

    /// <param name="kernel">[out, 3, 3, in].</param>
    /// <param name="outChannels">out.</param>
    /// <param name="inChannels">in.</param>
    /// <param name="phase">2·py + px.</param>
    /// <param name="into">[out, 2, 2, in].</param>
    public static void Fold(float* kernel, int outChannels, int inChannels, int phase, float* into)
    {
        new Span<float>(into, outChannels * Taps * inChannels).Clear();
        for (var o = 0; o < outChannels; o++)
        {
            for (var tap = 0; tap < 9; tap++)
            {
                var (ty, tx) = (Tap(tap / 3, phase / 2), Tap(tap % 3, phase % 2));
                var from = kernel + (((o * 9) + tap) * (long)inChannels);
                var to = into + (((o * Taps) + (2 * ty) + tx) * (long)inChannels);
                for (var i = 0; i < inChannels; i++)
                {
                    to[i] += from[i];
                }
            }
        }
    }

    /// <summary>Position k of three falls on small pixel (p − 1 + k) / 2 rounded down, counted from p − 1.</summary>
    private static int Tap(int k, int p) => ((p + 1 + k) / 2) - p;
}
