using SixLabors.ImageSharp.Formats.Png;

namespace QwenMesh.Imaging.Tests;

/// <summary>Damaged files either decode to something within the limits or are refused; nothing else ever happens.</summary>
public sealed class MutatedFilesTests
{
    private static readonly ImageLimits Limits = new() { MaxPixels = 1_000_000 };

    public static TheoryData<string> Files => ["Png", "interlaced Png", "Jpeg", "WebP", "Gif"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Damaged_files_are_decoded_within_the_limits_or_refused(string kind)
    {
        var decoder = new VipsDecoder();
        var random = new Random(20 + Array.IndexOf([.. Files.Select(row => row.Data)], kind));
        var original = Original(kind);
        Assert.Equal((48, 40), (decoder.Decode(original, Limits).Width, decoder.Decode(original, Limits).Height));
        var refused = 0;
        for (var i = 0; i < 600; i++)
        {
            var file = Mutate(original, random);
            try
            {
                var image = decoder.Decode(file, Limits);
                Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
                Assert.True((long)image.Width * image.Height <= Limits.MaxPixels);
            }
            catch (ImageFormatException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 60, 600);
    }

    private static byte[] Original(string kind) => kind switch
    {
        "Gif" => Pictures.Gif(48, 40),
        "interlaced Png" => SharpPictures.Write(Pictures.Gradient(48, 40), new PngEncoder { InterlaceMethod = PngInterlaceMode.Adam7 }),
        _ => new VipsEncoder().Encode(Pictures.Gradient(48, 40), Enum.Parse<ImageFormat>(kind)),
    };

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
