using QwenMesh.Checkpoints;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>vae/config.json of an AutoencoderKLQwenImage (docs/model.md 1.4). Keys that do not bear on one frame are ignored.</summary>
internal sealed record AutoencoderConfig
{
    private const string File = "vae/config.json";

    // Far above anything released; keeps sizes derived from a damaged file within an int.
    private const int MaxLevels = 8;
    private const int MaxBlocks = 64;
    private const int MaxWidth = 1 << 16;

    public int BaseDim { get; init; } = 96;

    /// <summary>Channels of the latents.</summary>
    public int ZDim { get; init; } = 16;

    /// <summary>Width of each resolution level in units of <see cref="BaseDim"/>, finest first.</summary>
    public int[] DimMult { get; init; } = [1, 2, 4, 4];

    public int NumResBlocks { get; init; } = 2;

    /// <summary>Which downsamplings would also halve time, finest first; the misspelling is the checkpoint's.</summary>
    public bool[] TemporalDownsample { get; init; } = [false, true, true];

    /// <summary>Channels of a picture.</summary>
    public int InputChannels { get; init; } = 3;

    public float[] LatentsMean { get; init; } = [];

    public float[] LatentsStd { get; init; } = [];

    /// <summary>Pixels per latent cell and side.</summary>
    public int ScaleFactor => 1 << TemporalDownsample.Length;

    /// <exception cref="CheckpointException">Malformed, or of a kind that is not served.</exception>
    public static AutoencoderConfig Parse(string json)
    {
        var file = new ComponentConfig(File, json);
        file.DemandClass("AutoencoderKLQwenImage");
        if (file.Numbers("attn_scales", []) is { Length: > 0 } scales)
        {
            throw file.Refuse("attn_scales [] (attention in the middle only)", Text(scales));
        }
        var config = new AutoencoderConfig
        {
            BaseDim = file.Count("base_dim", 96),
            ZDim = file.Count("z_dim", 16),
            DimMult = file.Counts("dim_mult", [1, 2, 4, 4]),
            NumResBlocks = file.Count("num_res_blocks", 2),
            TemporalDownsample = file.Flags("temperal_downsample", [false, true, true]),
            InputChannels = file.Count("input_channels", 3),
            LatentsMean = [.. file.Numbers("latents_mean", []).Select(value => (float)value)],
            LatentsStd = [.. file.Numbers("latents_std", []).Select(value => (float)value)],
        };
        config.Demand(file);
        return config;
    }

    private void Demand(ComponentConfig file)
    {
        Require(BaseDim <= MaxWidth, $"base_dim of at most {MaxWidth}", $"{BaseDim}");
        Require(ZDim <= MaxWidth, $"z_dim of at most {MaxWidth}", $"{ZDim}");
        Require(NumResBlocks <= MaxBlocks, $"num_res_blocks of at most {MaxBlocks}", $"{NumResBlocks}");
        Require(InputChannels == 3, "input_channels 3 (RGB)", $"{InputChannels}");
        Require(
            DimMult.Length is >= 1 and <= MaxLevels && DimMult.All(factor => factor <= MaxWidth),
            $"dim_mult of 1 to {MaxLevels} factors",
            Text(DimMult));
        Require(
            DimMult.Skip(1).All(factor => (long)BaseDim * factor % 2 == 0) && DimMult.All(factor => (long)BaseDim * factor <= MaxWidth),
            $"base_dim times dim_mult at most {MaxWidth}, and even but for the first",
            $"{BaseDim} times {Text(DimMult)}");
        Require(
            TemporalDownsample.Length == DimMult.Length - 1,
            $"temperal_downsample with {DimMult.Length - 1} values (dim_mult has {DimMult.Length})",
            $"{TemporalDownsample.Length}");
        Require(LatentsMean.Length == ZDim && LatentsMean.All(float.IsFinite), $"latents_mean with {ZDim} finite values", Text(LatentsMean));
        Require(
            LatentsStd.Length == ZDim && LatentsStd.All(deviation => deviation > 0 && float.IsFinite(deviation)),
            $"latents_std with {ZDim} finite values above 0",
            Text(LatentsStd));

        void Require(bool condition, string expected, string found)
        {
            if (!condition)
            {
                throw file.Refuse(expected, found);
            }
        }
    }

    private static string Text<T>(T[] values) => $"[{string.Join(", ", values)}]";
}
