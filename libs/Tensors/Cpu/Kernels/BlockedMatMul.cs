using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// x·Wᵀ in cache blocks. Both matrices are first packed into panels; an item then computes a block of the result: for each stretch
/// of <see cref="Depth"/> products a column panel stays in the first cache while the row panels come from the second.
/// </summary>
internal static unsafe class BlockedMatMul<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    // Measured on Cascade Lake: 24 KiB of columns and 9 KiB of rows at 512 bits.
    private const int Depth = 192;

    // A multiple of every tile height, so that blocks of rows do not change the panels.
    private const int BlockRows = 120;

    // Columns packed at a time when the weight has no packed copy: what the last cache holds.
    private const long ChunkFloats = 4L << 20;

    public static void Run(CpuRuntime runtime, float* x, int rows, CpuLinearWeight weight, Epilogue epilogue)
    {
        var (columns, depth, width) = (weight.OutFeatures, weight.InFeatures, Panels<TWidth, TVector>.Width);
        using var packedRows = runtime.Floats((long)rows * depth);
        var left = packedRows.Pointer;
        var rowItems = (rows + BlockRows - 1) / BlockRows;

        if (weight.Packed<TWidth, TVector>(runtime) is var ready && ready is not null)
        {
            runtime.Workers.For(rowItems, item => PackRows(x, item, rows, depth, left));
            Multiply(runtime, left, rows, ready, 0, columns, depth, epilogue);
            return;
        }

        var chunkPanels = (int)Math.Clamp(ChunkFloats / width / Math.Max(1, depth), 1, (columns + width - 1) / width);
        using var packedColumns = runtime.Floats((long)chunkPanels * width * depth);
        var right = packedColumns.Pointer;
        for (var start = 0; start < columns; start += chunkPanels * width)
        {
            var first = start;
            var end = Math.Min(columns, start + (chunkPanels * width));
            var panels = (end - start + width - 1) / width;
            runtime.Workers.For(panels + (start == 0 ? rowItems : 0), item =>
            {
                if (item >= panels)
                {
                    PackRows(x, item - panels, rows, depth, left);
                    return;
                }
                var column = first + (item * width);
                Panels<TWidth, TVector>.PackColumns(
                    weight.Matrix, column, Math.Min(end, column + width), right + ((long)item * width * depth));
            });
            Multiply(runtime, left, rows, right, start, end, depth, epilogue);
        }
    }

    private static void PackRows(float* x, int item, int rows, int depth, float* into) =>
        Panels<TWidth, TVector>.PackRows(x, depth, item * BlockRows, Math.Min(rows, (item + 1) * BlockRows), depth, into);

    /// <summary>Columns [start, end), whose panels begin at <paramref name="right"/>.</summary>
    private static void Multiply(
        CpuRuntime runtime, float* left, int rows, float* right, int start, int end, int depth, Epilogue epilogue)
    {
        var rowBlocks = (rows + BlockRows - 1) / BlockRows;
        var blockColumns = BlockPanels(rowBlocks, end - start) * Panels<TWidth, TVector>.Width;
        var columnBlocks = (end - start + blockColumns - 1) / blockColumns;
        runtime.Workers.For(rowBlocks * columnBlocks, item =>
        {
            var row = item % rowBlocks * BlockRows;
            var column = item / rowBlocks * blockColumns;
            using var sums = runtime.Floats(BlockRows * blockColumns);
            Block(
                left, row, Math.Min(rows, row + BlockRows), right + ((long)column * depth), start + column,
                Math.Min(end, start + column + blockColumns), depth, sums.Pointer, epilogue);
        });
    }

    /// <summary>Column panels of a block: many make better use of the rows, few make enough blocks for all threads.</summary>
    private static int BlockPanels(int rowBlocks, int columns)
    {
        const int EnoughBlocks = 24;
        var panels = 8;
        while (panels > 2 && rowBlocks * (columns / (panels * Panels<TWidth, TVector>.Width)) < EnoughBlocks)
        {
            panels /= 2;
        }
        return panels;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(
        float* left, int rowStart, int rowEnd, float* right, int columnStart, int columnEnd, int depth, float* sums, Epilogue epilogue)
    {
        var width = Panels<TWidth, TVector>.Width;
        for (var k = 0; k == 0 || k < depth; k += Depth)
        {
            var count = Math.Min(Depth, depth - k);
            var last = k + count == depth;
            var tile = sums;
            for (var column = columnStart; column < columnEnd; column += width)
            {
                var panel = right + ((long)(column - columnStart) * depth) + ((long)k * width);
                for (int row = rowStart, height; row < rowEnd; row += height)
                {
                    height = Tile<TWidth, TVector>.Height(rowEnd - row);
                    var rowPanel = left + ((long)row * depth) + ((long)k * height);
                    Tile<TWidth, TVector>.Multiply(height, rowPanel, &panel, 1, width, count, tile, accumulate: k > 0);
                    for (var r = 0; last && r < height; r++)
                    {
                        epilogue.Apply<TWidth, TVector>(row + r, column, tile + (r * width), Math.Min(width, columnEnd - column));
                    }
                    tile += height * width;
                }
            }
        }
    }
}
