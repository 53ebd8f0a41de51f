using NetVips;

namespace QwenMesh.Imaging.Tests;

/// <summary>Counts what libvips holds in this process, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Fact]
    public void Nothing_stays_allocated()
    {
        var (encoder, decoder) = (new VipsEncoder(), new VipsDecoder());
        var image = Pictures.Gradient(256, 256);
        RoundTrip();
        var before = Stats.Mem;
        for (var i = 0; i < 50; i++)
        {
            RoundTrip();
        }
        // Freed per thread with some delay by libvips' buffer cache: far less than one picture may remain.
        Assert.True(Stats.Mem <= before + 100_000, $"{before} bytes before, {Stats.Mem} after");

        void RoundTrip()
        {
            foreach (var format in (ImageFormat[])[ImageFormat.Png, ImageFormat.Jpeg, ImageFormat.WebP])
            {
                var file = encoder.Encode(image, format);
                decoder.Decode(file, new ImageLimits());
                Assert.Throws<ImageFormatException>(() => decoder.Decode(file.AsMemory(0, file.Length / 2), new ImageLimits()));
            }
        }
    }
}
