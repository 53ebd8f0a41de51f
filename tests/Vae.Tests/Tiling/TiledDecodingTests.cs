using QwenMesh.Checkpoints;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;
using QwenMesh.Vae.Autoencoder;
using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Tests.Tiling;

public sealed class TiledDecodingTests
{
    private static readonly TileLayout Released = new(Tile: 32, Stride: 24, ScaleFactor: 8);

    [Fact]
    public void Tiles_begin_at_every_stride_and_the_last_ones_are_thin()
    {
        Assert.Equal([(0, 32), (24, 32), (48, 32), (72, 32), (96, 32), (120, 8)], Released.Along(128));
        Assert.Equal([(0, 25), (24, 1)], Released.Along(25));
        Assert.Equal((64, 192), (Released.Blend, Released.StridePixels));
        Assert.False(Released.Splits(32, 32));
        Assert.True(Released.Splits(33, 1));
    }

    [Theory]
    [InlineData(7, 1)]
    [InlineData(3, 8)]
    [InlineData(11, 13)]
    public void A_picture_that_is_the_same_everywhere_in_itself_is_put_together_exactly(int height, int width)
    {
        // Every tile shows the coordinates of its pixels, so overlapping tiles agree and blending must change nothing.
        var layout = new TileLayout(Tile: 4, Stride: 3, ScaleFactor: 2);
        var latents = new float[height * width];
        for (var i = 0; i < latents.Length; i++)
        {
            latents[i] = i;
        }
        var picture = TiledDecoding.Run(layout, latents, 1, height, width, (tile, rows, columns) => Coordinates(tile, rows, columns, width, layout));
        for (var y = 0; y < height * 2; y++)
        {
            for (var x = 0; x < width * 2; x++)
            {
                var pixel = picture.AsSpan(((y * width * 2) + x) * 3, 3);
                Assert.Equal(y, pixel[0], 1e-4);
                Assert.Equal(x, pixel[1], 1e-4);
                Assert.Equal(-1, pixel[2], 1e-4);
            }
        }
    }

    [Fact]
    public void Tiles_that_differ_fade_into_each_other()
    {
        var layout = new TileLayout(Tile: 4, Stride: 3, ScaleFactor: 2);
        var next = 0;
        // Tiles are 0, 1 | 2, 3: the second row of tiles fades from the first, over two rows, then from its left neighbour.
        var picture = TiledDecoding.Run(layout, new float[6 * 6], 1, 6, 6, (_, rows, columns) =>
        {
            var pixels = new float[rows * 2 * columns * 2 * 3];
            Array.Fill(pixels, next++);
            return new PixelTile(rows * 2, columns * 2, pixels);
        });
        float At(int y, int x) => picture[((y * 12) + x) * 3];
        Assert.Equal([0, 0, 0, 0.5, 1, 1], new double[] { At(0, 0), At(0, 5), At(0, 6), At(0, 7), At(0, 8), At(0, 11) });
        Assert.Equal([0, 1, 2, 2], new double[] { At(6, 0), At(7, 0), At(8, 0), At(11, 0) });
        Assert.Equal([2, 2.5, 3], new double[] { At(10, 6), At(10, 7), At(10, 8) });
    }

    [Fact]
    public void Nano_in_tiles_is_close_to_nano_in_one_piece()
    {
        using var backend = new CpuBackend();
        using var checkpoint = Checkpoint.Open(VaeHost.Model);
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig("vae"));
        using var whole = new LatentDecoder(config, checkpoint.OpenWeights("vae"), backend, TilingMode.Never);
        using var tiled = new LatentDecoder(config, checkpoint.OpenWeights("vae"), backend, TilingMode.Always);
        var random = new Random(4);
        var (height, width) = (14, 11);
        var latents = new float[config.ZDim * height * width];
        var colours = Enumerable.Range(0, config.ZDim).Select(_ => (random.NextSingle() * 2) - 1).ToArray();
        for (var i = 0; i < latents.Length; i++)
        {
            latents[i] = colours[i / (height * width)];
        }
        var expected = whole.Decode(latents, height, width, TestContext.Current.CancellationToken);
        var found = tiled.Decode(latents, height, width, TestContext.Current.CancellationToken);
        Assert.Equal((expected.Width, expected.Height), (found.Width, found.Height));
        var difference = expected.Pixels.Zip(found.Pixels, (a, b) => Math.Abs(a - b)).Average();
        Assert.True(difference < 12, $"pixels differ by {difference:0.0} of 255 on average");
        Assert.NotEqual(expected.Pixels, found.Pixels); // Tiles see less of the picture.
        Assert.Equal(0, backend.LiveTensors);
    }

    private static PixelTile Coordinates(float[] latents, int rows, int columns, int width, TileLayout layout)
    {
        var (top, left) = ((int)latents[0] / width, (int)latents[0] % width);
        var tile = new PixelTile(rows * layout.ScaleFactor, columns * layout.ScaleFactor, new float[rows * columns * layout.ScaleFactor * layout.ScaleFactor * 3]);
        for (var y = 0; y < tile.Height; y++)
        {
            for (var x = 0; x < tile.Width; x++)
            {
                var pixel = tile.Pixels.AsSpan(((y * tile.Width) + x) * 3, 3);
                pixel[0] = (top * layout.ScaleFactor) + y;
                pixel[1] = (left * layout.ScaleFactor) + x;
                pixel[2] = -1;
            }
        }
        return tile;
    }
}
