namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Latents [C, H, W] to tokens [(H/p)·(W/p), C·p·p] and back; channel c·p² + py·p + px (docs/model.md 5.1).</summary>
internal static unsafe class LatentPacking
{
    public static void Pack(float* latents, int channels, int height, int width, int patch, float* tokens)
    {
        for (long i = 0, count = (long)channels * height * width; i < count; i++)
        {
            tokens[TokenIndex(i, channels, height, width, patch)] = latents[i];
        }
    }

    public static void Unpack(float* tokens, int channels, int height, int width, int patch, float* latents)
    {
        for (long i = 0, count = (long)channels * height * width; i < count; i++)
        {
            latents[i] = tokens[TokenIndex(i, channels, height, width, patch)];
        }
    }

    private static long TokenIndex(long latentIndex, int channels, int height, int width, int patch)
    {
        var (row, x) = Math.DivRem(latentIndex, width);
        var (channel, y) = Math.DivRem(row, height);
        var token = (y / patch * (width / patch)) + (x / patch);
        return (token * channels * patch * patch) + (channel * patch * patch) + (y % patch * patch) + (x % patch);
    }
}
