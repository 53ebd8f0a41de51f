using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Vae.Autoencoder;

namespace QwenMesh.Vae.Tests.Autoencoder;

public sealed class AutoencoderConfigTests
{
    [Fact]
    public void Absent_keys_have_the_released_values()
    {
        var config = AutoencoderConfig.Parse(Json().ToJsonString());
        Assert.Equal((96, 16, 2, 3, 8), (config.BaseDim, config.ZDim, config.NumResBlocks, config.InputChannels, config.ScaleFactor));
        Assert.Equal([1, 2, 4, 4], config.DimMult);
        Assert.Equal([false, true, true], config.TemporalDownsample);
    }

    [Fact]
    public void The_scale_factor_follows_the_levels()
    {
        var json = Json();
        json["dim_mult"] = new JsonArray(1, 2, 4, 8, 8, 8);
        json["temperal_downsample"] = new JsonArray(false, true, true, false, false);
        Assert.Equal(32, AutoencoderConfig.Parse(json.ToJsonString()).ScaleFactor);
    }

    [Theory]
    [InlineData("base_dim", "0", "base_dim")]
    [InlineData("base_dim", "\"96\"", "base_dim")]
    [InlineData("z_dim", "-1", "z_dim")]
    [InlineData("z_dim", "8", "latents_mean")]
    [InlineData("num_res_blocks", "0", "num_res_blocks")]
    [InlineData("input_channels", "4", "input_channels")]
    [InlineData("dim_mult", "[]", "dim_mult")]
    [InlineData("dim_mult", "4", "dim_mult")]
    [InlineData("dim_mult", "[1, 2, 0, 4]", "dim_mult")]
    [InlineData("dim_mult", "[1, 2]", "temperal_downsample")]
    [InlineData("base_dim", "2000000000", "base_dim")]
    [InlineData("base_dim", "60000", "dim_mult")]
    [InlineData("num_res_blocks", "1000000000", "num_res_blocks")]
    [InlineData("temperal_downsample", "[0, 1, 1]", "temperal_downsample")]
    [InlineData("attn_scales", "[1.0]", "attn_scales")]
    [InlineData("attn_scales", "true", "attn_scales")]
    [InlineData("_class_name", "\"AutoencoderKLWan\"", "_class_name AutoencoderKLQwenImage")]
    [InlineData("latents_mean", "[0.5]", "latents_mean")]
    [InlineData("latents_std", "null", "latents_std")]
    public void Wrong_values_are_refused_and_named(string key, string value, string named)
    {
        var json = Json();
        json[key] = JsonNode.Parse(value);
        var refused = Assert.Throws<CheckpointException>(() => AutoencoderConfig.Parse(json.ToJsonString()));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_width_that_cannot_be_halved_is_refused()
    {
        var json = Json();
        json["base_dim"] = 3;
        json["dim_mult"] = new JsonArray(1, 3, 4, 4);
        Assert.Throws<CheckpointException>(() => AutoencoderConfig.Parse(json.ToJsonString()));
    }

    [Fact]
    public void A_deviation_of_zero_is_refused()
    {
        var json = Json();
        json["latents_std"]![3] = 0;
        Assert.Throws<CheckpointException>(() => AutoencoderConfig.Parse(json.ToJsonString()));
    }

    /// <summary>The keys that have no default.</summary>
    private static JsonObject Json() => new()
    {
        ["latents_mean"] = new JsonArray([.. Enumerable.Range(0, 16).Select(i => (JsonNode)(i * 0.1))]),
        ["latents_std"] = new JsonArray([.. Enumerable.Range(0, 16).Select(i => (JsonNode)(1 + (i * 0.1)))]),
    };
}
