using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging;

/// <summary>CMYK without a profile, by Pillow's formula (src/libImaging/Convert.c: cmyk2rgb); libvips would assume a press profile of its own.</summary>
internal static class NaiveCmyk
{
    private const int Inks = 4;

    /// <summary>A picture of four ink bands to three of sRGB. The pixels are decoded now.</summary>
    public static Image ToSrgb(Image cmyk)
    {
        var inks = cmyk.WriteToMemory<byte>();
        var rgb = new byte[inks.Length / Inks * RgbImage.Channels];
        for (int from = 0, to = 0; from < inks.Length; from += Inks, to += RgbImage.Channels)
        {
            var light = (byte)(255 - inks[from + 3]);
            for (var channel = 0; channel < RgbImage.Channels; channel++)
            {
                rgb[to + channel] = (byte)(light - ByteMath.Scale(inks[from + channel], light));
            }
        }
        using var memory = Image.NewFromMemory(rgb, cmyk.Width, cmyk.Height, RgbImage.Channels, BandFormat.Uchar);
        return memory.Copy(interpretation: Interpretation.Srgb);
    }
}
