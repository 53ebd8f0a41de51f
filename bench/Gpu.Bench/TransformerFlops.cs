namespace QwenMesh.Gpu.Bench;

/// <summary>Floating-point operations of the MMDiT by its definition (docs/model.md 5): two for each multiplication and addition of a product.</summary>
/// <param name="Layers">Blocks of two streams.</param>
/// <param name="Width">Of both streams; the feed-forward's is four times that.</param>
/// <param name="Channels">Of a packed token.</param>
internal sealed record TransformerFlops(int Layers, int Width, int Channels)
{
    private const int Streams = 2;
    private const int ModulationParts = 6;
    private const int MlpRatio = 4;

    /// <summary>A denoising step: one pass for each prompt over the same picture; the modulation is counted once, as it depends on the time alone.</summary>
    /// <param name="imageTokens">Packed tokens of the picture.</param>
    /// <param name="textTokens">Tokens of each prompt; two prompts for a guided step.</param>
    public double Step(int imageTokens, params ReadOnlySpan<int> textTokens)
    {
        double width = Width;
        var flops = 2 * Layers * Streams * ModulationParts * width * width;
        foreach (var text in textTokens)
        {
            flops += Pass(imageTokens, text);
        }
        return flops;
    }

    private double Pass(double imageTokens, double textTokens)
    {
        double width = Width, tokens = imageTokens + textTokens;
        // Query, key, value and output, and the feed-forward's two.
        var linear = 2 * tokens * (4 + (2 * MlpRatio)) * width * width;
        // Every token with every other: scores, and their product with the values.
        var attention = 2 * 2 * tokens * tokens * width;
        var ends = 2 * imageTokens * 2 * Channels * width;
        return (Layers * (linear + attention)) + ends;
    }
}
