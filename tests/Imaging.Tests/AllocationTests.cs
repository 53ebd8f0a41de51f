using NetVips;

namespace QwenMesh.Imaging.Tests;

/// <summary>Counts what libvips holds in this process, so nothing else runs beside it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Rounds = 150;

    [Fact]
    public void Nothing_stays_allocated()
    {
        var (encoder, decoder) = (new VipsEncoder(), new VipsDecoder());
        var image = Pictures.Gradient(256, 256);
        RoundTrip();
        var before = Stats.Mem;
        for (var i = 0; i < Rounds; i++)
        {
            RoundTrip();
        }
        // libvips' threads keep a few buffers for the next picture, at times none. A leak would add up: this is 1.3 kB a round.
        Assert.True(Stats.Mem < before + image.Pixels.Length, $"{before} bytes before, {Stats.Mem} after");

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
