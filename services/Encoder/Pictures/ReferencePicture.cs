using System.Buffers.Binary;
using System.Security.Cryptography;
using QwenMesh.Imaging;

namespace QwenMesh.Encoder.Pictures;

/// <summary>A picture that belongs to a prompt, as it was decoded.</summary>
internal sealed class ReferencePicture(RgbImage image)
{
    public RgbImage Image { get; } = image;

    /// <summary>SHA-256 of sizes and pixels in hexadecimal: pictures of one size are told apart by what they show.</summary>
    public string Hash { get; } = HashOf(image);

    private static string HashOf(RgbImage image)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> sizes = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(sizes, image.Width);
        BinaryPrimitives.WriteInt32LittleEndian(sizes[4..], image.Height);
        hash.AppendData(sizes);
        hash.AppendData(image.Pixels.Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
