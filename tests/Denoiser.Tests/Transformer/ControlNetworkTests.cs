using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Sampling;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Transformer;

public sealed class ControlNetworkTests
{
    private static readonly Posterior None = new([], []);

    [Theory]
    [InlineData("""{ "extra_condition_channels": 4 }""", "extra_condition_channels")]
    [InlineData("""{ "joint_attention_dim": 64 }""", "the transformer's sizes")]
    [InlineData("""{ "num_attention_heads": 3 }""", "the transformer's sizes")]
    [InlineData("""{ "zero_cond_t": true }""", "zero_cond_t")]
    [InlineData("""{ "_class_name": "QwenImageTransformer2DModel" }""", "QwenImageControlNetModel")]
    public void A_network_that_does_not_fit_is_refused(string json, string named)
    {
        var refused = Assert.Throws<CheckpointException>(() => new TransformerConfig().ParseControl("controlnet/config.json", json));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("controlnet/config.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_are_the_transformers_without_its_head_and_two_ways_more()
    {
        var weights = Weights.Record(out var taken);
        using var backend = new ShapeOnlyBackend();
        var config = new TransformerConfig().ParseControl("config.json", """{ "num_layers": 5 }""");
        using var network = new ControlNetwork(config, weights, backend);
        // 13 outside of the blocks, less norm_out and proj_out, and controlnet_x_embedder; 32 and controlnet_blocks.N in a block.
        Assert.Equal(13 - 4 + 2 + (5 * (32 + 2)), taken.Count);
        Assert.Contains(taken, weight => weight.Name == "controlnet_x_embedder.weight" && weight.Shape == [3072, 64]);
        Assert.Contains(taken, weight => weight.Name == "controlnet_blocks.4.weight" && weight.Shape == [3072, 3072]);
        Assert.DoesNotContain(taken, weight => weight.Name.StartsWith("proj_out", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1, 1, new[] { true, true, true, true })]
    [InlineData(0.25, 1, 1, new[] { false, true, true, true })]
    [InlineData(0, 0.5, 1, new[] { true, true, false, false })]
    [InlineData(0.3, 0.7, 1, new[] { false, false, false, false })]
    [InlineData(0, 1, 0, new[] { false, false, false, false })]
    public void A_network_works_in_its_part_of_the_run(double start, double end, float scale, bool[] works)
    {
        var control = new ControlPicture(null!, None, scale) { Start = start, End = end };
        Assert.Equal(works, Enumerable.Range(0, 4).Select(step => control.WorksIn(step, 4)));
    }
}
