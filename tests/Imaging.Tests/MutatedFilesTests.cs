using SixLabors.ImageSharp.Formats.Png;

namespace QwenMesh.Imaging.Tests;

/// <summary>Damaged files either decode to something within the limits or are refused; nothing else ever happens, and nothing stays.</summary>
[Collection(nameof(AllocationTests))]
public sealed class MutatedFilesTests
{
    private const int PerFile = 400;
    private const long PixelBytes = 4_000_000;

    // The most that libvips ever held in this process, whatever sizes the damaged headers asked for; other tests' pictures are small.
    private const long HighestMemory = 100_000_000;

    private static readonly ImageLimits Limits = new() { MinSide = 1, MaxAspectRatio = 100_000, MaxPixels = PixelBytes / 4 };

    private static readonly string[] Recorded =
    [
        "cmyk.jpg", "progressive.jpg", "half-colour.jpg", "palette-transparent.png", "grey-alpha.png", "bilevel.png",
        "lossy.webp", "alpha.webp", "animated.webp", "animated.gif",
    ];

    public static TheoryData<string> Files => ["Png", "interlaced Png", "16-bit Png", "profile Png", "Jpeg", "exif Jpeg", "WebP", "Gif", .. Recorded];

    [Theory]
    [MemberData(nameof(Files))]
    public void Damaged_files_are_decoded_within_the_limits_or_refused(string kind)
    {
        var decoder = new VipsDecoder();
        var random = new Random(20 + Array.IndexOf([.. Files.Select(row => row.Data)], kind));
        var original = Original(kind);
        var whole = decoder.Decode(original, Limits);
        Assert.InRange(whole.Width * whole.Height, 24 * 40, 48 * 40);
        var before = NetVips.Stats.Mem;
        var refused = 0;
        for (var i = 0; i < PerFile; i++)
        {
            var file = Mutate(original, random);
            try
            {
                var image = i % 2 == 0 ? decoder.Decode(file, Limits) : decoder.DecodeWithAlpha(file, Limits).DropAlpha();
                Assert.True((long)image.Width * image.Height <= Limits.MaxPixels);
            }
            catch (ImageFormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, PerFile);
        Assert.InRange((long)NetVips.Stats.Mem, 0, before + PixelBytes);
        Assert.InRange((long)NetVips.Stats.MemHighwater, 0, HighestMemory);
    }

    [Fact]
    public void There_are_at_least_5000_of_them() => Assert.InRange(Files.Count * PerFile, 5_000, 100_000);

    private static byte[] Original(string kind) => kind switch
    {
        "Gif" => Pictures.Gif(48, 40),
        "interlaced Png" => SharpPictures.Write(Pictures.Gradient(48, 40), new PngEncoder { InterlaceMethod = PngInterlaceMode.Adam7 }),
        "16-bit Png" => SharpPictures.Write(Pictures.Gradient(48, 40), new PngEncoder { BitDepth = PngBitDepth.Bit16 }),
        "profile Png" => Profiled(),
        "exif Jpeg" => Pictures.WithOrientation(new VipsEncoder().Encode(Pictures.Gradient(48, 40), ImageFormat.Jpeg), 6),
        _ when Recorded.Contains(kind) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Files", kind)),
        _ => new VipsEncoder().Encode(Pictures.Gradient(48, 40), Enum.Parse<ImageFormat>(kind)),
    };

    private static byte[] Profiled()
    {
        using var image = NetVips.Image.NewFromBuffer(new VipsEncoder().Encode(Pictures.Gradient(48, 40), ImageFormat.Png));
        return image.PngsaveBuffer(profile: "p3");
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var file = original.ToArray();
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            // Half of the edits hit the headers, where sizes and lengths are.
            var at = random.Next(random.Next(2) == 0 ? Math.Min(64, file.Length) : file.Length);
            switch (random.Next(4))
            {
                case 0:
                    file[at] = (byte)random.Next(256);
                    break;
                case 1:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    file = [.. file[..at], .. file[Math.Min(file.Length, at + random.Next(1, 9))..]];
                    break;
                default:
                    var noise = new byte[random.Next(1, 9)];
                    random.NextBytes(noise);
                    file = [.. file[..at], .. noise, .. file[at..]];
                    break;
            }
            if (file.Length == 0)
            {
                return file;
            }
        }
        return file;
    }
}
