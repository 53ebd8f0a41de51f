using System.Security.Cryptography;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Pictures;

/// <summary>A file whose header is acceptable; its pixels are not decoded yet, and may still be damaged.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Info">What its header says.</param>
internal sealed record PictureFile(ReadOnlyMemory<byte> Bytes, ImageInfo Info)
{
    /// <summary>SHA-256 of the bytes, as 64 lower-case hexadecimal digits.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(Bytes.Span));
}
