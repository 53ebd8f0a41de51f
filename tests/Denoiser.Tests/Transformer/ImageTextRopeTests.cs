using QwenMesh.Denoiser.Latents;
using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser.Tests.Transformer;

public sealed class ImageTextRopeTests
{
    // One frequency (1) on every axis: the angle of a token is its position.
    private readonly ImageTextRope _rope = new([2, 2, 2]);

    [Theory]
    [InlineData(4, 6, -2, -3, 3)]
    [InlineData(3, 5, -2, -3, 2)]
    [InlineData(1, 1, -1, -1, 0)]
    [InlineData(83, 2, -42, -1, 41)]
    public void Picture_is_centred_and_text_follows(int rows, int columns, int firstRow, int firstColumn, int textOffset)
    {
        var grid = new LatentGrid(1, rows, columns, 1);
        var image = _rope.Image(grid, 0);
        Assert.Equal(rows * columns * 3, image.Cos.Length);
        for (var token = 0; token < rows * columns; token++)
        {
            int[] positions = [0, firstRow + (token / columns), firstColumn + (token % columns)];
            AssertAngles(positions, image, token);
        }
        var text = _rope.Text(textOffset, 7);
        Assert.Equal(textOffset, ImageTextRope.TextOffset(grid));
        for (var token = 0; token < 7; token++)
        {
            AssertAngles([textOffset + token, textOffset + token, textOffset + token], text, token);
        }
    }

    [Fact]
    public void References_follow_in_frames_of_their_own_and_the_largest_picture_moves_the_text()
    {
        LatentGrid[] images = [new(1, 2, 2, 1), new(1, 7, 3, 1), new(1, 1, 4, 1)];
        var table = _rope.Images(images);
        Assert.Equal(3 * (4 + 21 + 4), table.Cos.Length);
        AssertAngles([0, -1, -1], table, 0);
        AssertAngles([1, -4, -2], table, 4);
        AssertAngles([1, 2, 0], table, 24);
        AssertAngles([2, -1, 1], table, 28);
        Assert.Equal(3, ImageTextRope.TextOffset(images));
    }

    [Fact]
    public void Tables_are_kept_for_recent_sizes_only()
    {
        var first = new LatentGrid(1, 2, 2, 1);
        var table = _rope.Image(first, 0);
        Assert.Same(table, _rope.Image(first, 0));
        for (var side = 3; side < 20; side++)
        {
            _rope.Image(new LatentGrid(1, side, side, 1), 0);
        }
        Assert.NotSame(table, _rope.Image(first, 0));
    }

    private static void AssertAngles(int[] positions, RopeTable table, int token)
    {
        for (var axis = 0; axis < positions.Length; axis++)
        {
            Assert.Equal(Math.Cos(positions[axis]), table.Cos[(token * 3) + axis], 1e-6);
            Assert.Equal(Math.Sin(positions[axis]), table.Sin[(token * 3) + axis], 1e-6);
        }
    }
}
