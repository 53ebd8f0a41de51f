using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Gpu.Bench;

/// <summary>Floating-point operations of the MMDiT by its definition (docs/model.md 5): two for each multiplication and addition of a product.</summary>
internal static class TransformerFlops
{
    /// <summary>A denoising step: one pass for each prompt over the same picture; the modulation is counted once, as it depends on the time alone.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="imageTokens">Packed tokens of the picture.</param>
    /// <param name="textTokens">Tokens of each prompt; two prompts for a guided step.</param>
    public static double Step(TransformerConfig config, int imageTokens, params ReadOnlySpan<int> textTokens)
    {
        const int Streams = 2;
        double width = config.Width;
        var flops = 2 * config.Layers * Streams * StreamModulation.Parts * width * width;
        foreach (var text in textTokens)
        {
            flops += Pass(config, imageTokens, text);
        }
        return flops;
    }

    private static double Pass(TransformerConfig config, double imageTokens, double textTokens)
    {
        double width = config.Width, tokens = imageTokens + textTokens;
        // Query, key, value and output, and a feed-forward of four times the width, for either stream.
        var linear = 2 * tokens * ((4 * width * width) + (2 * width * config.MlpWidth));
        // Every token with every other: scores, and their product with the values.
        var attention = 2 * 2 * tokens * tokens * width;
        var ends = 2 * imageTokens * 2 * config.InChannels * width;
        return (config.Layers * (linear + attention)) + ends;
    }
}
