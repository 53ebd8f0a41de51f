using QwenMesh.Vae.Tiling;

namespace QwenMesh.Vae.Tests.Tiling;

public sealed class TiledRunTests
{
    private static readonly TileLayout Released = new(Tile: 32, Stride: 24);

    [Fact]
    public void Tiles_begin_at_every_stride_and_the_last_ones_are_thin()
    {
        Assert.Equal([(0, 32), (24, 32), (48, 32), (72, 32), (96, 32), (120, 8)], Released.Along(128));
        Assert.Equal([(0, 25), (24, 1)], Released.Along(25));
        Assert.Equal(8, Released.Blend);
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
        var picture = TiledRun.Run(new TileLayout(Tile: 4, Stride: 3), height, width, channels: 3, cell: 2, part => Coordinates(part, cell: 2));
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
        var next = 0;
        // Tiles are 0, 1 | 2, 3: the second row of tiles fades from the first, over two rows, then from its left neighbour.
        var picture = TiledRun.Run(new TileLayout(Tile: 4, Stride: 3), 6, 6, channels: 3, cell: 2, part =>
        {
            var pixels = new float[part.Rows * 2 * part.Columns * 2 * 3];
            Array.Fill(pixels, next++);
            return new Tile(part.Rows * 2, part.Columns * 2, 3, pixels);
        });
        float At(int y, int x) => picture[((y * 12) + x) * 3];
        Assert.Equal([0, 0, 0, 0.5, 1, 1], new double[] { At(0, 0), At(0, 5), At(0, 6), At(0, 7), At(0, 8), At(0, 11) });
        Assert.Equal([0, 1, 2, 2], new double[] { At(6, 0), At(7, 0), At(8, 0), At(11, 0) });
        Assert.Equal([2, 2.5, 3], new double[] { At(10, 6), At(10, 7), At(10, 8) });
    }

    private static Tile Coordinates(TileCells part, int cell)
    {
        var tile = new Tile(part.Rows * cell, part.Columns * cell, 3, new float[part.Rows * part.Columns * cell * cell * 3]);
        for (var y = 0; y < tile.Height; y++)
        {
            for (var x = 0; x < tile.Width; x++)
            {
                var pixel = tile.Values.AsSpan(((y * tile.Width) + x) * 3, 3);
                pixel[0] = (part.Top * cell) + y;
                pixel[1] = (part.Left * cell) + x;
                pixel[2] = -1;
            }
        }
        return tile;
    }
}
