using System.Text.Json.Nodes;
using QwenMesh.Checkpoints;
using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

public sealed class TextModelConfigTests
{
    private const string Flat = """
        {
          "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
          "vocab_size": 1514, "rms_norm_eps": 1e-06, "hidden_act": "silu", "rope_theta": 1000000.0,
          "rope_scaling": { "type": "mrope", "mrope_section": [2, 3, 3] }, "vision_config": { "hidden_size": 7 }
        }
        """;

    [Fact]
    public void The_three_layouts_say_the_same()
    {
        var flat = TextModelConfig.Parse(Flat);
        var sizes = JsonNode.Parse(Flat)!.AsObject();
        var nested = TextModelConfig.Parse(new JsonObject { ["text_config"] = sizes.DeepClone(), ["hidden_size"] = 7 }.ToJsonString());
        sizes.Remove("rope_theta");
        sizes.Remove("rope_scaling");
        sizes["rope_parameters"] = JsonNode.Parse("""{ "mrope_section": [2, 3, 3], "rope_theta": 1000000.0, "rope_type": "default", "type": "mrope" }""");
        var newest = TextModelConfig.Parse(new JsonObject { ["text_config"] = sizes }.ToJsonString());

        Assert.Equal(new(1514, 64, 96, 3, 4, 2, 1e-6f, 1e6, flat.MropeSection), flat);
        Assert.Equal([2, 3, 3], flat.MropeSection);
        Assert.Equal(flat, nested with { MropeSection = flat.MropeSection });
        Assert.Equal(flat, newest with { MropeSection = flat.MropeSection });
        Assert.Equal(flat.MropeSection, newest.MropeSection);
        Assert.Equal(16, flat.HeadSize);
        Assert.Equal(32, flat.KeyValueSize);
    }

    [Fact]
    public void Only_the_epsilon_has_a_default() => Assert.Equal(1e-5f, TextModelConfig.Parse(Without("rms_norm_eps")).RmsNormEpsilon);

    [Theory]
    [InlineData("hidden_size")]
    [InlineData("intermediate_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    [InlineData("num_key_value_heads")]
    [InlineData("vocab_size")]
    [InlineData("rope_theta")]
    [InlineData("mrope_section", "rope_scaling")]
    public void A_missing_key_is_named(string key, string? removed = null)
    {
        var missing = Assert.Throws<CheckpointException>(() => TextModelConfig.Parse(Without(removed ?? key)));
        Assert.Contains(key, missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hidden_size", "66")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "-64")]
    [InlineData("hidden_size", "64.5")]
    [InlineData("hidden_size", "\"64\"")]
    [InlineData("hidden_size", "2147483648")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "32")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("use_sliding_window", "true")]
    [InlineData("layer_types", """["full_attention", "sliding_attention", "full_attention"]""")]
    [InlineData("rms_norm_eps", "0")]
    [InlineData("rope_theta", "-1")]
    [InlineData("mrope_section", "[2, 3, 4]", "rope_scaling")]
    [InlineData("mrope_section", "[8]", "rope_scaling")]
    [InlineData("type", "\"yarn\"", "rope_scaling")]
    public void What_is_impossible_or_not_supported_is_refused(string key, string value, string? inside = null)
    {
        var config = JsonNode.Parse(Flat)!.AsObject();
        (inside is null ? config : config[inside]!.AsObject())[key] = JsonNode.Parse(value);
        var refused = Assert.Throws<CheckpointException>(() => TextModelConfig.Parse(config.ToJsonString()));
        Assert.Contains(key == "num_key_value_heads" ? "num_attention_heads" : key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_shipped_checkpoint_has_a_config_that_is_understood()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(GoldenFolder.Default, "models"))
            .Append(Path.Combine(GoldenFolder.Repository, "models", "qwen-image-nano")))
        {
            var file = Path.Combine(folder, "text_encoder", "config.json");
            if (File.Exists(file))
            {
                Assert.Equal(1514, TextModelConfig.Parse(File.ReadAllText(file)).VocabularySize);
            }
        }
    }

    private static string Without(string key)
    {
        var config = JsonNode.Parse(Flat)!.AsObject();
        Assert.True(config.Remove(key));
        return config.ToJsonString();
    }
}
