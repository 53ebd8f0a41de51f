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
    public double Step(int imageTokens, params ReadOnlySpan<int> textTokens) => EditStep(imageTokens, 0, textTokens);

    /// <summary>The same with references, which have time 0: one more modulation of the pictures' stream.</summary>
    /// <param name="imageTokens">Packed tokens of the picture that is drawn.</param>
    /// <param name="referenceTokens">Packed tokens of all references.</param>
    /// <param name="textTokens">Tokens of each prompt, with the rows of its pictures.</param>
    public double EditStep(int imageTokens, int referenceTokens, params ReadOnlySpan<int> textTokens)
    {
        double width = Width;
        var modulations = referenceTokens == 0 ? Streams : Streams + 1;
        var flops = 2 * Layers * modulations * ModulationParts * width * width;
        foreach (var text in textTokens)
        {
            flops += Pass(imageTokens, referenceTokens, text);
        }
        return flops;
    }

    private double Pass(double imageTokens, double referenceTokens, double textTokens)
    {
        double width = Width, tokens = imageTokens + referenceTokens + textTokens;
        // Query, key, value and output, and the feed-forward's two.
        var linear = 2 * tokens * (4 + (2 * MlpRatio)) * width * width;
        // Every token with every other: scores, and their product with the values.
        var attention = 2 * 2 * tokens * tokens * width;
        // All pictures come in; the one that is drawn goes out.
        var ends = 2 * ((2 * imageTokens) + referenceTokens) * Channels * width;
        return (Layers * (linear + attention)) + ends;
    }
}
