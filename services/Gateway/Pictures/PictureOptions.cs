using System.Net;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Pictures;

/// <summary>Section <c>Gateway:Pictures</c>: what pictures of clients are accepted, and from where they are fetched (docs/pictures.md).</summary>
internal sealed class PictureOptions
{
    public const string Section = "Gateway:Pictures";

    private static readonly string[] KnownSchemes = ["http", "https"];

    /// <summary>Pictures of one request, masks included. Default 16.</summary>
    public int MaxPictures { get; set; } = 16;

    /// <summary>Bytes of one file. Default 32 MiB.</summary>
    public int MaxBytes { get; set; } = 32 << 20;

    /// <summary>Bytes of all files of one request. Default 64 MiB.</summary>
    public long MaxTotalBytes { get; set; } = 64 << 20;

    /// <summary>Width times height of one picture. Default 64 million.</summary>
    public long MaxPixels { get; set; } = 64_000_000;

    /// <summary>
    /// Width times height of all pictures of one request, masks included. Default 85 million, as many as a stage takes in one call (Stage:MaxTensorBytes).
    /// </summary>
    public long MaxTotalPixels { get; set; } = 85_000_000;

    /// <summary>Pixels of the shorter side at least. Default 16.</summary>
    public int MinSide { get; set; } = 16;

    /// <summary>Pixels of the longer side. Default 16,384.</summary>
    public int MaxSide { get; set; } = 16_384;

    /// <summary>The longer side by the shorter. Default 50.</summary>
    public double MaxAspectRatio { get; set; } = 50;

    /// <summary>Schemes that are fetched, separated by commas; empty: none. Default https,http.</summary>
    public string Schemes { get; set; } = "https,http";

    /// <summary>Seconds for fetching the pictures of one request, redirects and all. Default 20.</summary>
    public double FetchSeconds { get; set; } = 20;

    /// <summary>Redirects that one picture may take. Default 3.</summary>
    public int MaxRedirects { get; set; } = 3;

    /// <summary>Networks that are fetched from although they are not public, e.g. 10.20.0.0/16. Default none.</summary>
    public IList<string> PrivateNetworks { get; set; } = [];

    internal ImageLimits Limits => new()
    {
        MaxBytes = MaxBytes,
        MaxPixels = MaxPixels,
        MinSide = MinSide,
        MaxSide = MaxSide,
        MaxAspectRatio = MaxAspectRatio,
    };

    internal string[] SchemeList => Schemes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="PictureException">A file of that many bytes is too large.</exception>
    internal void CheckFile(long bytes)
    {
        if (bytes > MaxBytes)
        {
            throw new PictureException(PictureFaultKind.TooLarge, $"a picture's file may have at most {MaxBytes} bytes");
        }
    }

    /// <summary>Decoded they take far more memory than their files: a flat one of 64 million pixels has 200 KB.</summary>
    /// <exception cref="PictureException">Together they have too many pixels.</exception>
    internal void CheckTogether(IEnumerable<ImageInfo> pictures)
    {
        if (pictures.Sum(picture => (long)picture.Width * picture.Height) > MaxTotalPixels)
        {
            throw new PictureException(PictureFaultKind.TooLarge, $"the pictures of the request have more than {MaxTotalPixels} pixels together");
        }
    }

    internal IEnumerable<string> Validate()
    {
        (string Key, double Value, double Least, double Most)[] ranges =
        [
            (nameof(MaxPictures), MaxPictures, 1, 1000),
            (nameof(MaxBytes), MaxBytes, 1024, 1 << 30),
            (nameof(MaxTotalBytes), MaxTotalBytes, 1024, 8L << 30),
            (nameof(MaxPixels), MaxPixels, 256, 500_000_000),
            (nameof(MaxTotalPixels), MaxTotalPixels, 256, 8_000_000_000),
            (nameof(MinSide), MinSide, 1, 4096),
            (nameof(MaxSide), MaxSide, 16, 65_535),
            (nameof(MaxAspectRatio), MaxAspectRatio, 1, 200),
            (nameof(FetchSeconds), FetchSeconds, 0.05, 600),
            (nameof(MaxRedirects), MaxRedirects, 0, 20),
        ];
        foreach (var (key, value, least, most) in ranges)
        {
            if (!(value >= least && value <= most))
            {
                yield return FormattableString.Invariant($"{Section}:{key} is {value}; {least} to {most} are allowed");
            }
        }
        foreach (var scheme in SchemeList.Except(KnownSchemes, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"{Section}:{nameof(Schemes)}: '{scheme}' is neither http nor https";
        }
        for (var i = 0; i < PrivateNetworks.Count; i++)
        {
            if (!IPNetwork.TryParse(PrivateNetworks[i], out _))
            {
                yield return $"{Section}:{nameof(PrivateNetworks)}:{i} '{PrivateNetworks[i]}' is not a network such as 10.20.0.0/16";
            }
        }
    }
}
