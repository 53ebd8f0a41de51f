using Google.Protobuf;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol.V1;
using WireFormat = QwenMesh.Protocol.V1.ImageFormat;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>A picture as messages: its file in pieces, or one that says why there is none.</summary>
internal static class ImagePieces
{
    private const int Bytes = 1 << 20;

    public static IEnumerable<GeneratedImage> Of(GeneratedPicture picture, WireFormat format)
    {
        var about = About(picture.Number, picture.Seed, picture.Size, format);
        return picture.IsFiltered ? [Absent(about, ImageAbsence.Filtered)] : Of(about, picture.File);
    }

    /// <param name="about">The picture, without its file.</param>
    /// <param name="file">Complete, not empty.</param>
    public static IEnumerable<GeneratedImage> Of(GeneratedImage about, ReadOnlyMemory<byte> file)
    {
        for (var offset = 0; offset < file.Length; offset += Bytes)
        {
            yield return new GeneratedImage(about)
            {
                Offset = (ulong)offset,
                ByteLength = (ulong)file.Length,
                Data = UnsafeByteOperations.UnsafeWrap(file.Slice(offset, Math.Min(Bytes, file.Length - offset))),
            };
        }
    }

    public static GeneratedImage About(int number, ulong seed, ImageSize size, WireFormat format) =>
        new() { Picture = number, Seed = seed, Format = format, Width = size.Width, Height = size.Height };

    public static GeneratedImage Absent(GeneratedImage about, ImageAbsence absence)
    {
        about.Absence = absence;
        return about;
    }
}
