namespace QwenMesh.Imaging;

/// <summary>Why an image file was refused.</summary>
public enum ImageFault
{
    /// <summary>Not a picture: none of the formats that are known.</summary>
    UnknownFormat,

    /// <summary>A picture or document of another format, e.g. TIFF, SVG or PDF.</summary>
    UnsupportedFormat,

    /// <summary>More bytes or pixels, or a longer side, than the limits allow.</summary>
    TooLarge,

    /// <summary>A side is shorter than the limits allow.</summary>
    TooSmall,

    /// <summary>One side is too many times the other.</summary>
    TooElongated,

    /// <summary>Truncated or malformed.</summary>
    Corrupt,
}

/// <summary>An image file is not acceptable; the fault lies with whoever sent it.</summary>
public sealed class ImageFormatException(ImageFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of fault; the message is for people.</summary>
    public ImageFault Fault { get; } = fault;
}
