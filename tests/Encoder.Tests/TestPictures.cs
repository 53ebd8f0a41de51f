using QwenMesh.Imaging;

namespace QwenMesh.Encoder.Tests;

/// <summary>Pictures for tests.</summary>
internal static class TestPictures
{
    public static RgbImage Read(string file) => new VipsDecoder().Decode(File.ReadAllBytes(file), new ImageLimits());

    /// <summary>A picture of one colour.</summary>
    public static RgbImage Plain(int width, int height, byte red, byte green, byte blue)
    {
        var pixels = new byte[width * height * RgbImage.Channels];
        for (var i = 0; i < pixels.Length; i += RgbImage.Channels)
        {
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        }
        return new RgbImage(width, height, pixels);
    }
}
