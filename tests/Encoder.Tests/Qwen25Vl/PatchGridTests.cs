using QwenMesh.Encoder.Qwen25Vl;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

/// <summary>Windows as the reference orders them, in squares of 2 x 2 patches.</summary>
public sealed class PatchGridTests
{
    [Fact]
    public void Windows_at_the_edges_are_smaller()
    {
        var (_, bounds) = new PatchGrid(14, 14).Windows(4);
        int[] row = [16, 16, 16, 8];
        Assert.Equal([.. row, .. row, .. row, 8, 8, 8, 4], bounds.Zip(bounds[1..], (start, end) => end - start));
    }

    [Fact]
    public void Squares_are_sorted_by_window()
    {
        var (order, bounds) = new PatchGrid(6, 10).Windows(4);
        Assert.Equal([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33, 4, 5, 6, 7], order[..20]);
        Assert.Equal([16, 16, 8, 8, 8, 4], bounds.Zip(bounds[1..], (start, end) => end - start));
        Assert.Equal(Enumerable.Range(0, 60), order.Order());
    }
}
