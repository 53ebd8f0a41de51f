using QwenMesh.Imaging;

namespace QwenMesh.Pictures.Bench;

/// <summary>The two ends between which a model's pictures lie.</summary>
public enum Sample
{
    /// <summary>Shapes of one colour each on a plain ground.</summary>
    Flat,

    /// <summary>Soft waves with grain on every pixel.</summary>
    Noisy,
}

internal static class SamplePictures
{
    private const int Side = 1024;

    /// <summary>The same pixels at every call, [1024, 1024, 3].</summary>
    public static RgbImage Make(Sample sample)
    {
        var random = new Random(5);
        var pixels = new byte[Side * Side * RgbImage.Channels];
        for (var i = 0; i < Side * Side; i++)
        {
            var (x, y) = (i % Side, i / Side);
            var (red, green, blue) = sample == Sample.Flat ? Shapes(x, y) : Waves(x, y, random);
            pixels[i * 3] = Clip(red);
            pixels[(i * 3) + 1] = Clip(green);
            pixels[(i * 3) + 2] = Clip(blue);
        }
        return new RgbImage(Side, Side, pixels);
    }

    private static (double Red, double Green, double Blue) Shapes(int x, int y)
    {
        if (x is > 650 and < 900 && y is > 600 and < 850)
        {
            return (240, 220, 40);
        }
        if (((x - 500) * (x - 500)) + ((y - 480) * (y - 480)) < 250 * 250)
        {
            return (220, 40, 30);
        }
        return y is > 100 and < 350 && Math.Abs(x - 200) < (y - 100) / 2 ? (40, 170, 70) : (30, 60, 200);
    }

    private static (double Red, double Green, double Blue) Waves(int x, int y, Random random)
    {
        var light = random.Next(-12, 13);
        return (
            128 + (90 * Math.Sin(x / 40.0)) + light + random.Next(-4, 5),
            128 + (90 * Math.Sin((x + y) / 57.0)) + light + random.Next(-4, 5),
            128 + (90 * Math.Cos(y / 31.0)) + light + random.Next(-4, 5));
    }

    private static byte Clip(double value) => (byte)Math.Clamp(value, 0, 255);
}
