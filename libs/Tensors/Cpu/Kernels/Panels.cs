using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>Rearranges matrices into the order in which <see cref="Tile{TWidth,TVector}"/> reads them.</summary>
internal static unsafe class Panels<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    /// <summary>Columns of a column panel.</summary>
    public static int Width => 2 * TWidth.Count;

    /// <summary>Floats that the columns take when packed: the last panel is filled up with zeros.</summary>
    public static long ColumnFloats(int columns, int depth) => (long)(columns + Width - 1) / Width * Width * depth;

    /// <summary>
    /// Rows [start, end) of x, each <paramref name="stride"/> floats from the next, as panels of <see cref="Tile{TWidth,TVector}.Height"/>
    /// rows, [depth, height] each; row r's panel begins at <paramref name="into"/> + r·depth.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRows(float* x, long stride, int start, int end, int depth, float* into)
    {
        for (int row = start, height; row < end; row += height)
        {
            height = Tile<TWidth, TVector>.Height(end - row);
            Transpose.Run(x + (row * stride), stride, height, depth, into + ((long)row * depth), height);
        }
    }

    /// <summary>Rows [start, start + Width) of W [out, in], the columns of x·Wᵀ, as one panel [in, Width].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackColumns(StoredMatrix matrix, int start, int end, float* into)
    {
        const int Chunk = 64;
        const int RowsAtATime = 8;
        var depth = matrix.Columns;
        var expanded = stackalloc float[Chunk * RowsAtATime];
        if (end - start < Width)
        {
            new Span<float>(into, depth * Width).Clear();
        }
        if (matrix.DType == DType.Float32)
        {
            Transpose.Run((float*)matrix.At(start, 0), depth, end - start, depth, into, Width);
            return;
        }
        for (var k = 0; k < depth; k += Chunk)
        {
            var count = Math.Min(Chunk, depth - k);
            for (var row = start; row < end; row += RowsAtATime)
            {
                var rows = Math.Min(RowsAtATime, end - row);
                for (var r = 0; r < rows; r++)
                {
                    matrix.Expand(row + r, k, count, expanded + (r * Chunk));
                }
                Transpose.Run(expanded, Chunk, rows, count, into + ((long)k * Width) + (row - start), Width);
            }
        }
    }
}
