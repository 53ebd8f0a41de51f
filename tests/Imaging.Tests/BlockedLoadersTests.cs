using System.Text;
using NetVips;

namespace QwenMesh.Imaging.Tests;

/// <summary>Whole, undamaged files of formats that are not accepted.</summary>
public sealed class BlockedLoadersTests
{
    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["tiff"] =
        [
            .. "II*\0"u8, 10, 0, 0, 0, 200, 0, 9, 0, // little-endian, directory of nine at 10, one pixel at 8
            0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, // width, height
            2, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 3, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, // bits, no compression
            6, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x11, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, // black is zero, offset
            0x15, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x16, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, // samples, rows
            0x17, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, // bytes
        ],
        ["svg"] = Encoding.ASCII.GetBytes("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"),
        ["ppm"] = Encoding.ASCII.GetBytes("P6\n1 1\n255\nabc"),
        ["csv"] = Encoding.ASCII.GetBytes("1,2\n3,4\n"),
        ["bmp"] = [.. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0, .. new byte[24], 1, 2, 3, 0],
        ["pdf"] = Encoding.ASCII.GetBytes("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"),
        ["nothing"] = [],
    };

    public static TheoryData<string> Kinds => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Other_formats_are_refused_by_name(string kind)
    {
        var decoder = new VipsDecoder();
        var known = kind is "tiff" or "svg" or "bmp" or "pdf";
        foreach (var read in (Action[])[() => decoder.Probe(Files[kind], new ImageLimits()), () => decoder.Decode(Files[kind], new ImageLimits())])
        {
            var refused = Assert.Throws<ImageFormatException>(read);
            Assert.Equal(known ? ImageFault.UnsupportedFormat : ImageFault.UnknownFormat, refused.Fault);
            Assert.Contains(known ? $"is {kind.ToUpperInvariant()};" : "is not an image", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("49492A00", "TIFF")]
    [InlineData("00000020667479706176696600000000", "AVIF")]
    [InlineData("00000020667479706865696300000000", "HEIF")]
    [InlineData("FF0A00", "JPEG XL")]
    [InlineData("0000000C6A502020", "JPEG 2000")]
    [InlineData("00000100", "ICO")]
    [InlineData("38425053", "Photoshop")]
    public void The_refusal_says_what_was_sent(string file, string name) =>
        Assert.Contains(
            name,
            Assert.Throws<ImageFormatException>(() => new VipsDecoder().Probe(Convert.FromHexString(file), new ImageLimits())).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("tiff", "tiffload")]
    [InlineData("svg", "svgload")]
    [InlineData("csv", "csvload")]
    public void Other_loaders_are_off_inside_libvips(string kind, string loader)
    {
        VipsLibrary.EnsureStarted();
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Files[kind]);
            Assert.Throws<VipsException>(() => Operation.Call(loader, path));
            Assert.Throws<VipsException>(() => Image.NewFromBuffer(Files[kind]));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
