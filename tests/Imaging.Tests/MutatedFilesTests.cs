namespace QwenMesh.Imaging.Tests;

/// <summary>Damaged files either decode to something within the limits or are refused; nothing else ever happens.</summary>
public sealed class MutatedFilesTests
{
    private static readonly ImageLimits Limits = new() { MaxPixels = 1_000_000 };

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.WebP)]
    [InlineData(ImageFormat.Gif)]
    public void NeverCrash(ImageFormat format)
    {
        var random = new Random(20 + (int)format);
        var original = format == ImageFormat.Gif ? Pictures.Gif(48, 40) : ImageEncoder.Encode(Pictures.Gradient(48, 40), format);
        Assert.Equal((48, 40), (ImageDecoder.Decode(original, Limits).Width, ImageDecoder.Decode(original, Limits).Height));
        var refused = 0;
        for (var i = 0; i < 600; i++)
        {
            var file = Mutate(original, random);
            try
            {
                var image = ImageDecoder.Decode(file, Limits);
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
