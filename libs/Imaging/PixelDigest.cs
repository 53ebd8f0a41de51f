using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QwenMesh.Imaging;

/// <summary>Keys that tell pictures apart by what they show, whatever file they came in.</summary>
public static class PixelDigest
{
    /// <summary>SHA-256 of width and height (32-bit, little-endian) and the pixels, as 64 lower-case hexadecimal digits.</summary>
    public static string Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Span<byte> size = stackalloc byte[2 * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(size, image.Width);
        BinaryPrimitives.WriteInt32LittleEndian(size[sizeof(int)..], image.Height);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(size);
        hash.AppendData(image.Pixels.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
