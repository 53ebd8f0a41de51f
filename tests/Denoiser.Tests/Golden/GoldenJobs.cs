using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Golden;

internal static class GoldenJobs
{
    /// <summary>The size of a case's latents.</summary>
    public static LatentGrid Grid(this GoldenCase golden, TransformerConfig config)
    {
        // Noise of the latents is [batch, frames, channels, height, width]; draws for posteriors have the channels first.
        var dims = golden.Tensors["noise.0"].Shape.Dims;
        return new(Math.Max(dims[1], dims[2]), dims[3], dims[4], config.PatchSize);
    }

    /// <summary>The case as a request: its seed and its recorded prompt embeddings.</summary>
    public static DenoiseJob Job(this GoldenCase golden, TransformerConfig config) => new()
    {
        Grid = golden.Grid(config),
        Steps = golden.Steps,
        Lightning = golden.Scheduler == "lightning",
        TrueCfgScale = golden.TrueCfgScale,
        Seed = golden.Seed,
        Prompt = Embeds(golden.Tensors["prompt.0.embeds"]),
        NegativePrompt = golden.IsGuided ? Embeds(golden.Tensors["prompt.1.embeds"]) : null,
    };

    public static PromptEmbeds Embeds(GoldenTensor embeds) => new(embeds.Shape[1], embeds.Whole);

    /// <summary>Packs [C, H, W] into the layout that the reference records latents in.</summary>
    public static float[] Pack(ReadOnlySpan<float> latents, LatentGrid grid, TensorBackend backend)
    {
        using var unpacked = backend.From(latents, [grid.Channels, grid.Height, grid.Width]);
        using var tokens = backend.Empty([grid.Tokens, grid.TokenChannels]);
        backend.PackLatents(unpacked, grid.Patch, tokens);
        return TensorAssert.Read(tokens, backend);
    }
}
