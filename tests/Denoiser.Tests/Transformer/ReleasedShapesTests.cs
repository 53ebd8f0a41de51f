using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Transformer;
using QwenMesh.Testing;

namespace QwenMesh.Denoiser.Tests.Transformer;

/// <summary>The released 20B transformer takes exactly the tensors it is published with; no weights are needed to know.</summary>
public sealed class ReleasedShapesTests
{
    private const string ReleasedConfig = """
        {
          "_class_name": "QwenImageTransformer2DModel", "attention_head_dim": 128, "axes_dims_rope": [16, 56, 56], "guidance_embeds": false,
          "in_channels": 64, "joint_attention_dim": 3584, "num_attention_heads": 24, "num_layers": 60, "out_channels": 16, "patch_size": 2,
          "pooled_projection_dim": 768
        }
        """;

    [Theory]
    [InlineData(ReleasedConfig)]
    [InlineData("{}")]
    [InlineData("""{ "zero_cond_t": true }""")]
    public void Names_and_shapes_are_the_approved_ones(string config)
    {
        var weights = Weights.Record(out var taken);
        using var backend = new ShapeOnlyBackend();
        using var transformer = new ImageTransformer(TransformerConfig.Parse(config), weights, backend);
        Assert.Equal(1933, taken.Count);
        ApprovedShapes.Match(
            Path.Combine(GoldenFolder.Repository, "tests", "Denoiser.Tests", "Approved", "qwen-image-transformer.txt"), taken);
    }
}
