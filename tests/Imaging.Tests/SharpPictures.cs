using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.PixelFormats;

namespace QwenMesh.Imaging.Tests;

/// <summary>Pictures through ImageSharp, a second implementation of every format.</summary>
internal static class SharpPictures
{
    public static byte[] Write(RgbImage image, IImageEncoder encoder)
    {
        using var sharp = Image.LoadPixelData<Rgb24>(image.Pixels.ToArray(), image.Width, image.Height);
        using var file = new MemoryStream();
        sharp.Save(file, encoder);
        return file.ToArray();
    }

    public static RgbImage Read(byte[] file)
    {
        using var sharp = Image.Load<Rgb24>(file);
        var pixels = new byte[sharp.Width * sharp.Height * RgbImage.Channels];
        sharp.CopyPixelDataTo(pixels);
        return new RgbImage(sharp.Width, sharp.Height, pixels);
    }
}
