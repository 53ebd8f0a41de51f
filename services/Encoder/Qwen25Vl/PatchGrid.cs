namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>A picture as the vision tower sees it: squares of merged patches, row by row; patches of a square follow each other.</summary>
/// <param name="Height">Rows of squares.</param>
/// <param name="Width">Squares in a row.</param>
internal readonly record struct PatchGrid(int Height, int Width)
{
    public int Squares => Height * Width;

    /// <summary>Squares sorted by window: windows row by row, inside of each row by row; those at the right and lower edge may be smaller.</summary>
    /// <param name="side">Side of a window in squares.</param>
    /// <returns>The squares' numbers in that order, and the bounds 0, ..., <see cref="Squares"/> of the windows.</returns>
    public (int[] Order, int[] Bounds) Windows(int side)
    {
        var (order, bounds) = (new List<int>(Squares), new List<int> { 0 });
        for (var top = 0; top < Height; top += side)
        {
            for (var left = 0; left < Width; left += side)
            {
                for (var row = top; row < Math.Min(top + side, Height); row++)
                {
                    for (var column = left; column < Math.Min(left + side, Width); column++)
                    {
                        order.Add((row * Width) + column);
                    }
                }
                bounds.Add(order.Count);
            }
        }
        return ([.. order], [.. bounds]);
    }
}
