using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>
/// The text part of Qwen2.5-VL's config.json, in the nested layout (<c>text_config</c>), the flat one, and that of transformers 5
/// (<c>rope_parameters</c>). Where keys occur at both levels, the nested one counts. Sizes have no defaults.
/// </summary>
/// <param name="MropeSection">Frequencies that turn with a token's time, height and width; they sum to half of the head size.</param>
internal sealed record TextModelConfig(
    int VocabularySize,
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int KeyValueHeads,
    float RmsNormEpsilon,
    double RopeTheta,
    IReadOnlyList<int> MropeSection)
{
    /// <summary>transformers' class default, which small test checkpoints rely on; the released ones say 1e-6.</summary>
    private const float DefaultEpsilon = 1e-5f;

    public int HeadSize => HiddenSize / Heads;

    public int KeyValueSize => KeyValueHeads * HeadSize;

    /// <exception cref="CheckpointException">A size is missing or impossible, or the config asks for something that is not supported.</exception>
    public static TextModelConfig Parse(string json)
    {
        using var document = JsonFile.Parse(TextConfigReader.File, json);
        var read = new TextConfigReader(document.RootElement);
        read.Demand("hidden_act", "silu");
        read.DemandOff("use_sliding_window");
        read.DemandRope();
        foreach (var type in read.Strings("layer_types"))
        {
            TextConfigReader.Check(type == "full_attention", "layer_types", "full_attention in every layer", type);
        }
        var config = new TextModelConfig(
            read.Size("vocab_size"),
            read.Size("hidden_size"),
            read.Size("intermediate_size"),
            read.Size("num_hidden_layers"),
            read.Size("num_attention_heads"),
            read.Size("num_key_value_heads"),
            (float)(read.Number("rms_norm_eps") ?? DefaultEpsilon),
            read.RopeNumber("rope_theta"),
            read.RopeSizes("mrope_section"));
        config.Check(read.OptionalSize("head_dim"));
        return config;
    }

    private void Check(int? headSize)
    {
        TextConfigReader.Check(HiddenSize % Heads == 0, "hidden_size", $"a multiple of num_attention_heads ({Heads})", $"{HiddenSize}");
        TextConfigReader.Check(Heads % KeyValueHeads == 0, "num_attention_heads", $"a multiple of num_key_value_heads ({KeyValueHeads})", $"{Heads}");
        TextConfigReader.Check((headSize ?? HeadSize) == HeadSize, "head_dim", $"hidden_size / num_attention_heads ({HeadSize})", $"{headSize}");
        TextConfigReader.Check(HeadSize % 2 == 0, "hidden_size", "heads of even size", $"{HeadSize}");
        TextConfigReader.Check(
            MropeSection.Count == 3 && MropeSection.Sum(size => (long)size) * 2 == HeadSize, "mrope_section",
            $"three numbers with the sum {HeadSize / 2}", $"[{string.Join(", ", MropeSection)}]");
        TextConfigReader.Check(RmsNormEpsilon is > 0 and < 1, "rms_norm_eps", "between 0 and 1", $"{RmsNormEpsilon}");
        TextConfigReader.Check(RopeTheta is > 1 and < 1e12, "rope_theta", "above 1", $"{RopeTheta}");
    }
}
