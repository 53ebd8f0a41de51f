using System.Text.Json;
using System.Text.Json.Serialization;
using QwenMesh.Checkpoints;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>vae/config.json of an AutoencoderKLQwenImage (model-spec 1.4). Keys that do not bear on one frame are ignored.</summary>
internal sealed record AutoencoderConfig
{
    private const string File = "vae/config.json";

    // Far above anything released; keeps sizes derived from a damaged file within an int.
    private const int MaxLevels = 8;
    private const int MaxBlocks = 64;
    private const int MaxWidth = 1 << 16;

    private static readonly JsonSerializerOptions _keys = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public int BaseDim { get; init; } = 96;

    /// <summary>Channels of the latents.</summary>
    public int ZDim { get; init; } = 16;

    /// <summary>Width of each resolution level in units of <see cref="BaseDim"/>, finest first.</summary>
    public int[] DimMult { get; init; } = [1, 2, 4, 4];

    public int NumResBlocks { get; init; } = 2;

    public float[] AttnScales { get; init; } = [];

    /// <summary>Which downsamplings would also halve time, finest first; the misspelling is the checkpoint's.</summary>
    [JsonPropertyName("temperal_downsample")]
    public bool[] TemporalDownsample { get; init; } = [false, true, true];

    /// <summary>Channels of a picture.</summary>
    public int InputChannels { get; init; } = 3;

    public float[] LatentsMean { get; init; } = [];

    public float[] LatentsStd { get; init; } = [];

    /// <summary>Pixels per latent cell and side.</summary>
    [JsonIgnore]
    public int ScaleFactor => 1 << TemporalDownsample.Length;

    /// <exception cref="CheckpointException">Malformed, or of a kind that is not served.</exception>
    public static AutoencoderConfig Parse(string json)
    {
        AutoencoderConfig config;
        try
        {
            config = JsonSerializer.Deserialize<AutoencoderConfig>(json, _keys)
                ?? throw Wrong("an object", "null");
        }
        catch (JsonException malformed)
        {
            throw new CheckpointException(File, null, "an AutoencoderKLQwenImage configuration", malformed.Message, malformed);
        }
        config.Check();
        return config;
    }

    private void Check()
    {
        Require(BaseDim is > 0 and <= MaxWidth, $"base_dim of 1 to {MaxWidth}", $"{BaseDim}");
        Require(ZDim is > 0 and <= MaxWidth, $"z_dim of 1 to {MaxWidth}", $"{ZDim}");
        Require(NumResBlocks is > 0 and <= MaxBlocks, $"num_res_blocks of 1 to {MaxBlocks}", $"{NumResBlocks}");
        Require(InputChannels == 3, "input_channels 3 (RGB)", $"{InputChannels}");
        Require(
            DimMult is { Length: >= 1 and <= MaxLevels } && DimMult.All(m => m is > 0 and <= MaxWidth),
            $"dim_mult of 1 to {MaxLevels} factors above 0",
            Text(DimMult));
        Require(
            DimMult!.Skip(1).All(m => (long)BaseDim * m % 2 == 0) && DimMult.All(m => (long)BaseDim * m <= MaxWidth),
            $"base_dim times dim_mult at most {MaxWidth}, and even but for the first",
            $"{BaseDim} times {Text(DimMult)}");
        Require(
            TemporalDownsample?.Length == DimMult!.Length - 1,
            $"temperal_downsample with {DimMult.Length - 1} values (dim_mult has {DimMult.Length})",
            $"{TemporalDownsample?.Length ?? 0}");
        Require(AttnScales is { Length: 0 }, "attn_scales [] (attention in the middle only)", Text(AttnScales));
        Require(LatentsMean?.Length == ZDim && LatentsMean.All(float.IsFinite), $"latents_mean with {ZDim} finite values", Text(LatentsMean));
        Require(
            LatentsStd?.Length == ZDim && LatentsStd.All(s => s > 0 && float.IsFinite(s)),
            $"latents_std with {ZDim} finite values above 0",
            Text(LatentsStd));
    }

    private static string Text<T>(T[]? values) => values is null ? "null" : $"[{string.Join(", ", values)}]";

    private static void Require(bool condition, string expected, string found)
    {
        if (!condition)
        {
            throw Wrong(expected, found);
        }
    }

    private static CheckpointException Wrong(string expected, string found) => new(File, null, expected, found);
}
