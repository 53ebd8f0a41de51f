using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>The vision part of Qwen2.5-VL's config.json. Missing keys have the released models' values.</summary>
internal sealed record VisionConfig
{
    private const string File = "text_encoder/config.json";

    public int Depth { get; init; } = 32;

    public int HiddenSize { get; init; } = 1280;

    public int IntermediateSize { get; init; } = 3420;

    public int Heads { get; init; } = 16;

    public int InChannels { get; init; } = 3;

    public int PatchSize { get; init; } = 14;

    public int TemporalPatchSize { get; init; } = 2;

    /// <summary>Patches of a side of the square that becomes one row for the text model.</summary>
    public int SpatialMergeSize { get; init; } = 2;

    /// <summary>Side of an attention window in pixels.</summary>
    public int WindowSize { get; init; } = 112;

    /// <summary>Blocks whose patches see the whole picture.</summary>
    public IReadOnlyList<int> FullAttentionBlocks { get; init; } = [7, 15, 23, 31];

    /// <summary>Columns of the result: the text model's hidden size.</summary>
    public int OutHiddenSize { get; init; } = 3584;

    /// <summary>Token that a picture's rows replace.</summary>
    public int ImageToken { get; init; } = 151655;

    public int HeadSize => HiddenSize / Heads;

    public int PatchElements => InChannels * TemporalPatchSize * PatchSize * PatchSize;

    /// <summary>Patches of one merged square.</summary>
    public int MergeArea => SpatialMergeSize * SpatialMergeSize;

    /// <summary>Side of a window in merged squares.</summary>
    public int WindowSide => WindowSize / PatchSize / SpatialMergeSize;

    /// <exception cref="CheckpointException">No vision config, an impossible size, or something that is not supported.</exception>
    public static VisionConfig Parse(string json, TextModelConfig text)
    {
        using var document = JsonFile.Parse(File, json);
        if (!document.RootElement.TryGetProperty("vision_config", out var nested) || nested.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(File, null, "an object 'vision_config'", "none");
        }
        var read = new ComponentConfig($"{File}: vision_config", nested.GetRawText());
        var defaults = new VisionConfig();
        var config = new VisionConfig
        {
            Depth = read.Count("depth", defaults.Depth),
            HiddenSize = read.Count("hidden_size", defaults.HiddenSize),
            IntermediateSize = read.Count("intermediate_size", defaults.IntermediateSize),
            Heads = read.Count("num_heads", defaults.Heads),
            InChannels = read.Count("in_channels", read.Count("in_chans", defaults.InChannels)),
            PatchSize = read.Count("patch_size", defaults.PatchSize),
            TemporalPatchSize = read.Count("temporal_patch_size", defaults.TemporalPatchSize),
            SpatialMergeSize = read.Count("spatial_merge_size", defaults.SpatialMergeSize),
            WindowSize = read.Count("window_size", defaults.WindowSize),
            // Block 0 may be among them, which Counts would refuse.
            FullAttentionBlocks = [.. read.Numbers("fullatt_block_indexes", [.. defaults.FullAttentionBlocks]).Select(block => (int)block)],
            OutHiddenSize = read.Count("out_hidden_size", defaults.OutHiddenSize),
            ImageToken = new ComponentConfig(File, json).Count("image_token_id", defaults.ImageToken),
        };
        config.Check(read, text);
        return config;
    }

    private void Check(ComponentConfig read, TextModelConfig text)
    {
        const int Largest = 1 << 16; // Keeps products of two sizes within an int.
        Demand(HiddenSize <= Largest && IntermediateSize <= Largest && Depth <= Largest, $"sizes up to {Largest}", $"{HiddenSize}, {IntermediateSize}, {Depth}");
        Demand(read.Text("hidden_act") is null or "silu", "hidden_act silu", read.Text("hidden_act") ?? "");
        Demand(InChannels == 3, "in_channels 3", $"{InChannels}");
        Demand(HiddenSize % Heads == 0 && HeadSize % 4 == 0, "hidden_size / num_heads a multiple of 4", $"{HiddenSize} / {Heads}");
        Demand(PatchSize <= 256 && SpatialMergeSize <= 16 && TemporalPatchSize <= 16, "small patches", $"{PatchSize}, {SpatialMergeSize}, {TemporalPatchSize}");
        Demand(WindowSide is > 0 and <= Largest, "window_size of at least one merged patch", $"{WindowSize}");
        Demand(OutHiddenSize == text.HiddenSize, $"out_hidden_size {text.HiddenSize}, the text model's hidden_size", $"{OutHiddenSize}");
        Demand(ImageToken < text.VocabularySize, $"image_token_id below {text.VocabularySize}", $"{ImageToken}");

        void Demand(bool holds, string expected, string found)
        {
            if (!holds)
            {
                throw read.Refuse(expected, found);
            }
        }
    }
}
