namespace QwenMesh.Imaging;

/// <summary>What <see cref="IPictureDecoder"/> accepts. Checked against the file's header before any pixel is decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>Bytes of the file; default 32 MiB.</summary>
    public int MaxBytes { get; init; } = 32 << 20;

    /// <summary>Width times height; default 64 million.</summary>
    public long MaxPixels { get; init; } = 64_000_000;

    /// <summary>Pixels of the longer side; default 16,384.</summary>
    public int MaxSide { get; init; } = 16_384;
}
