namespace QwenMesh.Gateway.Pictures;

/// <summary>What is wrong with a picture that a client gave; every dialect has its own words and status for it.</summary>
internal enum PictureFaultKind
{
    /// <summary>The text is neither an address, a data URI nor base64, or its base64 is broken.</summary>
    Malformed,

    /// <summary>The bytes are no picture.</summary>
    NotAPicture,

    /// <summary>A picture or document of a format that is not read, e.g. TIFF or SVG.</summary>
    UnsupportedType,

    /// <summary>Truncated or malformed.</summary>
    Damaged,

    /// <summary>Too many bytes or pixels, alone or together with the other pictures of the request.</summary>
    TooLarge,

    /// <summary>A side is too short.</summary>
    TooSmall,

    /// <summary>One side is too many times the other.</summary>
    TooElongated,

    /// <summary>More pictures than one request may have.</summary>
    TooMany,

    /// <summary>An address whose scheme is not fetched, or a reference to another service's assets.</summary>
    UnsupportedReference,

    /// <summary>The address leads to a network that is not fetched from.</summary>
    RefusedAddress,

    /// <summary>The address could not be fetched: no such host, no connection, or an answer other than 200.</summary>
    Unreachable,

    /// <summary>Not fetched in time.</summary>
    TooSlow,
}

/// <summary>Why a picture is refused.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Detail">For the client; tells nothing about the network that the Gateway is in.</param>
internal sealed record PictureFault(PictureFaultKind Kind, string Detail);

/// <summary>A picture that a client gave is refused.</summary>
internal sealed class PictureException(PictureFaultKind kind, string detail, Exception? inner = null) : Exception(detail, inner)
{
    /// <summary>Why.</summary>
    public PictureFault Fault { get; } = new(kind, detail);

    /// <summary>Which of the request's pictures, from 0; null for all of them together.</summary>
    public int? Position { get; set; }
}
