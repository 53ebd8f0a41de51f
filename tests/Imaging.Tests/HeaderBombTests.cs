using NetVips;

namespace QwenMesh.Imaging.Tests;

/// <summary>Small files whose headers or scans would cost gigabytes or minutes, though their pictures are small.</summary>
public sealed class HeaderBombTests
{
    private static readonly ImageLimits Limits = Pictures.AnySize;
    private static readonly VipsDecoder Decoder = new();

    [Theory]
    [InlineData("zTXt", new byte[] { (byte)'k', 0, 0 })]
    [InlineData("iTXt", new byte[] { (byte)'k', 0, 1, 0, 0, 0 })]
    [InlineData("iCCP", new byte[] { (byte)'k', 0, 0 })]
    public void Packed_metadata_of_a_png_is_never_unpacked(string type, byte[] header)
    {
        byte[] packed = [.. header, .. Pictures.Deflate(new byte[7_000_000])];
        var plain = Pictures.Png(1, 1, 8, 2, [0, 1, 2, 3]);
        var bomb = Pictures.Png(1, 1, 8, 2, [0, 1, 2, 3], [.. Enumerable.Repeat((type, packed), 60)]);
        Assert.InRange(bomb.Length, 60 * packed.Length, 1_000_000);
        Assert.Equal(plain, PngMetadata.Remove(bomb).ToArray());
        Assert.Equal([1, 2, 3], Decoder.Decode(bomb, Limits).Pixels.ToArray());
    }

    [Fact]
    public void A_chunk_that_ends_after_the_file_is_kept_for_the_decoder_to_refuse()
    {
        var file = Pictures.Png(1, 1, 8, 2, [0, 1, 2, 3], ("zTXt", new byte[100]));
        var cut = file[..100];
        Assert.Equal(cut, PngMetadata.Remove(cut).ToArray());
        Assert.Equal(ImageFault.Corrupt, Assert.Throws<ImageFormatException>(() => Decoder.Decode(cut, Limits)).Fault);
        byte[] endless = [.. file[..33], 0xFF, 0xFF, 0xFF, 0xFF, .. file[37..]];
        Assert.Equal(endless, PngMetadata.Remove(endless).ToArray());
        Assert.Equal(ImageFault.Corrupt, Assert.Throws<ImageFormatException>(() => Decoder.Decode(endless, Limits)).Fault);
    }

    [Fact]
    public void A_jpeg_of_a_thousand_scans_is_refused()
    {
        VipsLibrary.EnsureStarted();
        var picture = Pictures.Gradient(64, 64);
        using var pixels = Image.NewFromMemory(picture.Pixels, 64, 64, 3, Enums.BandFormat.Uchar);
        using var srgb = pixels.Copy(interpretation: Enums.Interpretation.Srgb);
        var progressive = srgb.JpegsaveBuffer(interlace: true, keep: Enums.ForeignKeep.None);
        Assert.Equal(64, Decoder.Decode(progressive, Limits).Width);

        var lastScan = progressive.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        var scan = progressive[lastScan..^2];
        byte[] bomb = [.. progressive[..^2], .. Enumerable.Repeat(scan, 1000).SelectMany(bytes => bytes), 0xFF, 0xD9];
        Assert.Equal(ImageFault.Corrupt, Assert.Throws<ImageFormatException>(() => Decoder.Decode(bomb, Limits)).Fault);
    }

    [Fact]
    public void Of_a_gif_only_the_first_frame_reaches_the_decoder()
    {
        var gif = Pictures.Gif(20, 12);
        var frame = gif[19..^1];
        Assert.Equal(0x2C, frame[0]);
        byte[] control = [0x21, 0xF9, 4, 0, 1, 0, 0, 0];
        byte[] animated = [.. gif[..19], .. control, .. Enumerable.Repeat((byte[])[.. frame, .. control], 10_000).SelectMany(bytes => bytes), 0x3B];
        Assert.Equal([.. gif[..19], .. control, .. frame, 0x3B], GifFrames.KeepFirst(animated));
        Assert.Equal(Decoder.Decode(gif, Limits).Pixels.ToArray(), Decoder.Decode(animated, Limits).Pixels.ToArray());
    }

    [Fact]
    public void A_gif_that_does_not_lead_to_its_end_mark_is_refused()
    {
        var gif = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Files", "animated.gif"));
        Assert.Equal(40, Decoder.Decode(gif, Limits).Width);
        foreach (var length in (int[])[6, 13, 40, 800, 900, gif.Length / 2, gif.Length - 1])
        {
            Assert.Equal(ImageFault.Corrupt, Assert.Throws<ImageFormatException>(() => Decoder.Decode(gif.AsMemory(0, length), Limits)).Fault);
        }
    }

    [Fact]
    public void Of_a_webp_only_the_first_frame_reaches_the_decoder()
    {
        var webp = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Files", "animated.webp"));
        var first = webp.AsSpan().IndexOf("ANMF"u8);
        var second = webp.AsSpan().LastIndexOf("ANMF"u8);
        Assert.True(second > first);
        var animated = Riff([.. webp[..first], .. Enumerable.Repeat(webp[first..second], 10_000).SelectMany(bytes => bytes), .. "junk"u8, 0, 0, 0, 0]);
        Assert.Equal(Riff(webp[..second]), WebPFrames.KeepFirst(animated));
        Assert.Equal(Decoder.Decode(webp, Limits).Pixels.ToArray(), Decoder.Decode(animated, Limits).Pixels.ToArray());
        foreach (var length in (int[])[12, 31, first, second - 1, webp.Length - 1])
        {
            Assert.Equal(ImageFault.Corrupt, Assert.Throws<ImageFormatException>(() => Decoder.Decode(webp.AsMemory(0, length), Limits)).Fault);
        }

        static byte[] Riff(byte[] file)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
            return file;
        }
    }
}
