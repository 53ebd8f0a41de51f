using NetVips;
using static NetVips.Enums;

namespace QwenMesh.Imaging.Tests;

/// <summary>Embedded ICC profiles are converted to sRGB.</summary>
public sealed class ColourProfileTests
{
    private static readonly ImageLimits Limits = new();
    private static readonly VipsDecoder Decoder = new();

    // Display P3 (200, 100, 50) through the two matrices and the curve of sRGB is (214.9, 92.6, 31.0).
    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    public void Display_P3_becomes_srgb(ImageFormat format)
    {
        var file = Write(format, "p3");
        var pixel = Decoder.Decode(file, Limits).Pixels[..3].ToArray();
        Assert.InRange(pixel[0], 213, 217);
        Assert.InRange(pixel[1], 91, 95);
        Assert.InRange(pixel[2], 29, 33);
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.WebP)]
    public void A_profile_of_srgb_changes_no_byte(ImageFormat format)
    {
        var (tagged, plain) = (Write(format, "srgb"), Write(format, null));
        Assert.True(tagged.Length > plain.Length + 300);
        Assert.Equal(Decoder.Decode(plain, Limits).Pixels.ToArray(), Decoder.Decode(tagged, Limits).Pixels.ToArray());
    }

    [Fact]
    public void Alpha_stays_beside_converted_colours()
    {
        using var flat = Flat();
        using var rgba = flat.Bandjoin(77);
        using var tagged = rgba.Copy(interpretation: Interpretation.Srgb);
        var image = Decoder.DecodeWithAlpha(tagged.PngsaveBuffer(profile: "p3"), Limits);
        Assert.Equal(77, image.Pixels.Span[3]);
        Assert.InRange(image.Pixels.Span[0], 213, 217);
    }

    [Fact]
    public void Inks_with_a_profile_go_through_it()
    {
        using var flat = Flat();
        using var inks = flat.IccTransform("cmyk", depth: 8);
        var pixel = Decoder.Decode(inks.JpegsaveBuffer(100, profile: "cmyk"), Limits).Pixels[..3].ToArray();
        // The formula without a profile gives something else.
        var formula = Decoder.Decode(inks.JpegsaveBuffer(100, keep: ForeignKeep.None), Limits).Pixels[..3].ToArray();
        Assert.True(Math.Abs(formula[0] - pixel[0]) + Math.Abs(formula[1] - pixel[1]) + Math.Abs(formula[2] - pixel[2]) > 20, $"{formula[0]} {formula[1]} {formula[2]}");
        Assert.InRange(pixel[0], 190, 210);
        Assert.InRange(pixel[1], 90, 110);
        Assert.InRange(pixel[2], 25, 60);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(null)] // A profile for inks.
    public void A_profile_that_does_not_fit_is_ignored(byte[]? profile)
    {
        using var flat = Flat();
        profile ??= CmykProfile(flat);
        using var tagged = flat.Mutate(fields => fields.Set(GValue.BlobType, "icc-profile-data", profile));
        foreach (var file in (byte[][])[tagged.PngsaveBuffer(), tagged.WebpsaveBuffer(lossless: true)])
        {
            Assert.Equal([200, 100, 50], Decoder.Decode(file, Limits).Pixels[..3].ToArray());
        }
    }

    [Fact]
    public void A_huge_profile_is_ignored()
    {
        byte[] chunk = [(byte)'p', 0, 0, .. Pictures.Deflate(new byte[5 << 20])];
        var scanlines = Enumerable.Range(0, 16).SelectMany(_ => (byte[])[0, .. Enumerable.Repeat((byte)9, 48)]).ToArray();
        Assert.Equal(9, Decoder.Decode(Pictures.Png(16, 16, 8, 2, scanlines, ("iCCP", chunk)), Limits).Pixels.Span[0]);
    }

    private static Image Flat()
    {
        VipsLibrary.EnsureStarted();
        var pixels = Enumerable.Repeat((byte[])[200, 100, 50], 32 * 32).SelectMany(pixel => pixel).ToArray();
        using var memory = Image.NewFromMemory(pixels, 32, 32, 3, BandFormat.Uchar);
        return memory.Copy(interpretation: Interpretation.Srgb);
    }

    private static byte[] CmykProfile(Image flat)
    {
        using var inks = flat.IccTransform("cmyk", depth: 8);
        return (byte[])inks.Get("icc-profile-data");
    }

    private static byte[] Write(ImageFormat format, string? profile)
    {
        using var flat = Flat();
        var keep = profile is null ? ForeignKeep.None : ForeignKeep.Icc;
        return format switch
        {
            ImageFormat.Png => flat.PngsaveBuffer(profile: profile, keep: keep),
            ImageFormat.Jpeg => flat.JpegsaveBuffer(100, profile: profile, keep: keep),
            _ => flat.WebpsaveBuffer(lossless: true, profile: profile, keep: keep),
        };
    }
}
