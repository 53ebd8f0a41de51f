namespace QwenMesh.Imaging;

/// <summary>Why an image file was refused.</summary>
public enum ImageFault
{
    /// <summary>Not a PNG, JPEG, WebP or GIF file.</summary>
    UnknownFormat,

    /// <summary>More bytes or pixels than the limits allow.</summary>
    TooLarge,

    /// <summary>Truncated or malformed.</summary>
    Corrupt,
}

/// <summary>An image file is not acceptable; the fault lies with whoever sent it.</summary>
public sealed class ImageFormatException(ImageFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ImageFault Fault { get; } = fault;
}
