using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging;

/// <summary>
/// What a file stores to 8-bit sRGB. Without a colour profile this is what Pillow's <c>convert("RGB")</c> gives; Pillow, and with it the
/// reference, ignores profiles, so that a wide-gamut photograph would lose its colour: they are converted here.
/// </summary>
internal static class VipsColours
{
    /// <summary>Larger profiles, which no camera or editor writes, are ignored.</summary>
    public const int MaxProfileBytes = 4 << 20;

    private const string ProfileField = "icc-profile-data";

    /// <summary>The picture with a profile attached; the picture given is disposed of.</summary>
    public static Image WithProfile(Image image, byte[] profile)
    {
        using (image)
        {
            return image.Mutate(fields => fields.Set(GValue.BlobType, ProfileField, profile));
        }
    }

    /// <summary>Three bands of bytes, or four with alpha. Pixels are computed when they are asked for.</summary>
    public static Image ToSrgb(Image stored)
    {
        using var bytes = ToBytes(stored);
        var colours = bytes.Interpretation switch
        {
            Interpretation.Cmyk => 4,
            Interpretation.Bw => 1,
            _ => RgbImage.Channels,
        };
        using var colour = bytes.Bands == colours ? bytes.Copy() : bytes.ExtractBand(0, n: colours);
        using var rgb = FromProfile(colour) ?? WithoutProfile(colour);
        if (bytes.Bands <= colours)
        {
            return rgb.Copy();
        }
        using var alpha = bytes.ExtractBand(colours);
        return rgb.Bandjoin(alpha);
    }

    // 16 bits lose the lower eight, as in Pillow; so does alpha.
    private static Image ToBytes(Image stored)
    {
        using var narrow = stored.Interpretation switch
        {
            Interpretation.Rgb16 => stored.Colourspace(Interpretation.Srgb),
            Interpretation.Grey16 => stored.Colourspace(Interpretation.Bw),
            _ => stored.Copy(),
        };
        return narrow.Cast(BandFormat.Uchar);
    }

    private static Image WithoutProfile(Image colour) =>
        colour.Interpretation == Interpretation.Cmyk ? NaiveCmyk.ToSrgb(colour) : colour.Colourspace(Interpretation.Srgb);

    /// <summary>Null when there is no profile, or one that does not fit the picture, or says sRGB: then the bytes are kept as they are.</summary>
    private static Image? FromProfile(Image colour)
    {
        if (!colour.Contains(ProfileField) || colour.Get(ProfileField) is not byte[] { Length: <= MaxProfileBytes } profile)
        {
            return null;
        }
        try
        {
            if (colour.Interpretation == Interpretation.Srgb && IsSrgb(profile))
            {
                return null;
            }
            // libvips reports a profile that it cannot use when it builds the conversion, before any pixel.
            var converted = Convert(colour);
            if (converted.Bands == RgbImage.Channels)
            {
                return converted;
            }
            converted.Dispose();
            return null;
        }
        catch (VipsException)
        {
            return null;
        }
    }

    private static Image Convert(Image colour) =>
        colour.IccTransform("srgb", intent: Intent.Relative, blackPointCompensation: true, embedded: true, depth: 8);

    /// <summary>Whether a profile leaves colours where they are, but for rounding: most files with one say sRGB.</summary>
    private static bool IsSrgb(byte[] profile)
    {
        var samples = ColourSamples.Make();
        using var plain = Image.NewFromMemory(samples, samples.Length / RgbImage.Channels, 1, RgbImage.Channels, BandFormat.Uchar);
        using var srgb = plain.Copy(interpretation: Interpretation.Srgb);
        using var tagged = srgb.Mutate(fields => fields.Set(GValue.BlobType, ProfileField, profile));
        using var converted = Convert(tagged);
        return ColourSamples.AreAlike(samples, converted.WriteToMemory<byte>());
    }
}
