using QwenMesh.Checkpoints;
using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser.Tests.Transformer;

public sealed class TransformerConfigTests
{
    [Theory]
    [InlineData("""{ "guidance_embeds": true }""", "guidance_embeds")]
    [InlineData("""{ "use_layer3d_rope": true }""", "use_layer3d_rope")]
    [InlineData("""{ "use_additional_t_cond": true }""", "use_additional_t_cond")]
    [InlineData("""{ "_class_name": "FluxTransformer2DModel" }""", "FluxTransformer2DModel")]
    [InlineData("""{ "axes_dims_rope": [16, 56] }""", "axes_dims_rope")]
    [InlineData("""{ "axes_dims_rope": [16, 56, 58] }""", "axes_dims_rope")]
    [InlineData("""{ "axes_dims_rope": [17, 55, 56] }""", "axes_dims_rope")]
    [InlineData("""{ "axes_dims_rope": 128 }""", "axes_dims_rope")]
    [InlineData("""{ "in_channels": 68 }""", "in_channels")]
    [InlineData("""{ "num_layers": 0 }""", "num_layers")]
    [InlineData("""{ "num_layers": 2.5 }""", "num_layers")]
    [InlineData("""{ "num_attention_heads": 2147483647 }""", "sizes")]
    [InlineData("""{ "patch_size": 65536, "in_channels": 64 }""", "patch_size")]
    public void A_wrong_config_is_refused_with_the_key(string json, string key)
    {
        var refused = Assert.Throws<CheckpointException>(() => TransformerConfig.Parse(json));
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
        Assert.Contains("transformer/config.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_come_from_the_file()
    {
        var config = TransformerConfig.Parse("""
            {
              "patch_size": 1, "in_channels": 4, "out_channels": 4, "num_layers": 2, "attention_head_dim": 16, "num_attention_heads": 3,
              "joint_attention_dim": 20, "axes_dims_rope": [8, 4, 4], "zero_cond_t": true, "unknown": { "ignored": true }
            }
            """);
        Assert.Equal((1, 4, 2, 48, 192, 20, true), (config.PatchSize, config.OutChannels, config.Layers, config.Width, config.MlpWidth, config.JointAttentionDim, config.ZeroCondT));
    }
}
