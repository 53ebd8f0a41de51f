using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae;

/// <summary>Section <c>Vae</c>.</summary>
internal sealed class VaeOptions
{
    public const string Section = "Vae";

    private const long MostPixels = 1L << 28;

    /// <summary>
    /// Largest picture, width times height. Default 4,194,304 (2048x2048). Decoding and encoding take about 12 bytes of memory for each pixel and
    /// each channel of the finest level: 1.2 KiB a pixel with the released checkpoints.
    /// </summary>
    public long MaxPixels { get; set; } = 2048 * 2048;

    /// <summary>
    /// Auto decodes and encodes in tiles of 256 pixels when the picture's activations do not fit into what the device has left; Always every picture larger
    /// than a tile; Never none. Tiles are blended as in the reference; the result differs slightly. Default Auto.
    /// </summary>
    public TilingMode Tiling { get; set; } = TilingMode.Auto;

    internal IEnumerable<string> Validate()
    {
        if (MaxPixels is < 1 or > MostPixels)
        {
            yield return $"{Section}:{nameof(MaxPixels)} is {MaxPixels}; 1 to {MostPixels} are allowed";
        }
    }
}
