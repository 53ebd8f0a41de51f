using NetVips;
using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>Flat pictures like those that the shipped checkpoint was trained on.</summary>
internal static class Scene
{
    /// <summary>A disc in the middle, half as wide as the picture is high.</summary>
    public static RgbImage Disc(int width, int height, string background, string disc)
    {
        var (radius, pixels) = (height / 4, new byte[width * height * RgbImage.Channels]);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (dx, dy) = (x - (width / 2), y - (height / 2));
                Put(pixels, (y * width) + x, PaletteVotes.Colour((dx * dx) + (dy * dy) < radius * radius ? disc : background));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>White in the middle half of both sides, black around it.</summary>
    public static RgbImage MiddleMask(int width, int height)
    {
        var pixels = new byte[width * height * RgbImage.Channels];
        for (var y = height / 4; y < height * 3 / 4; y++)
        {
            for (var x = width / 4; x < width * 3 / 4; x++)
            {
                Put(pixels, (y * width) + x, (255, 255, 255));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>PNG of the same mask for OpenAI's interface: transparent in the middle half of both sides, opaque around it.</summary>
    public static byte[] TransparentMiddle(int width, int height)
    {
        var middle = MiddleMask(width, height).Pixels;
        var pixels = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            pixels[(4 * i) + 3] = (byte)(255 - middle.Span[3 * i]);
        }
        using var image = Image.NewFromMemory(pixels, width, height, 4, Enums.BandFormat.Uchar);
        using var srgb = image.Copy(interpretation: Enums.Interpretation.Srgb);
        return srgb.PngsaveBuffer();
    }

    public static byte[] Png(RgbImage image) => new VipsEncoder().Encode(image, ImageFormat.Png);

    private static void Put(byte[] pixels, int at, (int R, int G, int B) colour) =>
        (pixels[at * 3], pixels[(at * 3) + 1], pixels[(at * 3) + 2]) = ((byte)colour.R, (byte)colour.G, (byte)colour.B);
}
