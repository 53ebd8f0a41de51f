using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>into[c·intoStride + r] = from[r·fromStride + c].</summary>
internal static unsafe class Transpose
{
    // Columns taken through all rows before the next ones, so that the lines being written stay in the first cache.
    private const int CacheColumns = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* from, long fromStride, int rows, int columns, float* into, long intoStride)
    {
        var block = Avx.IsSupported ? 8 : AdvSimd.Arm64.IsSupported ? 4 : int.MaxValue;
        if (Avx.IsSupported && rows is >= 4 and < 8)
        {
            block = 4;
        }
        if (rows < block || columns < block)
        {
            Plain(from, fromStride, rows, columns, into, intoStride);
            return;
        }
        var wide = columns / block * block;
        for (var start = 0; start < wide; start += CacheColumns)
        {
            var end = Math.Min(wide, start + CacheColumns);
            for (var r = 0; r < rows; r += block)
            {
                // The last block goes back over rows already done, where rows is not a multiple.
                var row = Math.Min(r, rows - block);
                for (var c = start; c < end; c += block)
                {
                    Block(block, from + (row * fromStride) + c, fromStride, into + (c * intoStride) + row, intoStride);
                }
            }
        }
        Plain(from + wide, fromStride, rows, columns - wide, into + (wide * intoStride), intoStride);
    }

    /// <summary>One by one, the longer axis innermost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain(float* from, long fromStride, int rows, int columns, float* into, long intoStride)
    {
        if (rows > columns)
        {
            for (var c = 0; c < columns; c++)
            {
                var source = from + c;
                var target = into + (c * intoStride);
                for (var r = 0; r < rows; r++, source += fromStride)
                {
                    target[r] = *source;
                }
            }
            return;
        }
        for (var r = 0; r < rows; r++)
        {
            var source = from + (r * fromStride);
            var target = into + r;
            for (var c = 0; c < columns; c++, target += intoStride)
            {
                *target = source[c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(int size, float* from, long fromStride, float* into, long intoStride)
    {
        if (size == 8)
        {
            Avx8(from, fromStride, into, intoStride);
        }
        else if (Sse.IsSupported)
        {
            Sse4(from, fromStride, into, intoStride);
        }
        else
        {
            Neon4(from, fromStride, into, intoStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Avx8(float* from, long fromStride, float* into, long intoStride)
    {
        // Halves of rows r and r + 4 side by side, so that what is left is a 4×4 transpose in each 128-bit lane.
        var (a0, a1, a2, a3) = (Pair(from, 0, fromStride), Pair(from, 1, fromStride), Pair(from, 2, fromStride), Pair(from, 3, fromStride));
        Avx4x4(a0, a1, a2, a3, into, intoStride);
        from += 4;
        var (b0, b1, b2, b3) = (Pair(from, 0, fromStride), Pair(from, 1, fromStride), Pair(from, 2, fromStride), Pair(from, 3, fromStride));
        Avx4x4(b0, b1, b2, b3, into + (4 * intoStride), intoStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* from, int row, long stride) =>
        Avx.InsertVector128(Vector128.Load(from + (row * stride)).ToVector256Unsafe(), Vector128.Load(from + ((row + 4) * stride)), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Avx4x4(
        Vector256<float> r0, Vector256<float> r1, Vector256<float> r2, Vector256<float> r3, float* into, long stride)
    {
        var (low01, high01) = (Avx.UnpackLow(r0, r1).AsDouble(), Avx.UnpackHigh(r0, r1).AsDouble());
        var (low23, high23) = (Avx.UnpackLow(r2, r3).AsDouble(), Avx.UnpackHigh(r2, r3).AsDouble());
        Avx.UnpackLow(low01, low23).AsSingle().Store(into);
        Avx.UnpackHigh(low01, low23).AsSingle().Store(into + stride);
        Avx.UnpackLow(high01, high23).AsSingle().Store(into + (2 * stride));
        Avx.UnpackHigh(high01, high23).AsSingle().Store(into + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sse4(float* from, long fromStride, float* into, long intoStride)
    {
        var (r0, r1) = (Vector128.Load(from), Vector128.Load(from + fromStride));
        var (r2, r3) = (Vector128.Load(from + (2 * fromStride)), Vector128.Load(from + (3 * fromStride)));
        var (low01, high01) = (Sse.UnpackLow(r0, r1), Sse.UnpackHigh(r0, r1));
        var (low23, high23) = (Sse.UnpackLow(r2, r3), Sse.UnpackHigh(r2, r3));
        Sse.MoveLowToHigh(low01, low23).Store(into);
        Sse.MoveHighToLow(low23, low01).Store(into + intoStride);
        Sse.MoveLowToHigh(high01, high23).Store(into + (2 * intoStride));
        Sse.MoveHighToLow(high23, high01).Store(into + (3 * intoStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Neon4(float* from, long fromStride, float* into, long intoStride)
    {
        var (r0, r1) = (Vector128.Load(from), Vector128.Load(from + fromStride));
        var (r2, r3) = (Vector128.Load(from + (2 * fromStride)), Vector128.Load(from + (3 * fromStride)));
        var (low02, high02) = (AdvSimd.Arm64.ZipLow(r0, r2), AdvSimd.Arm64.ZipHigh(r0, r2));
        var (low13, high13) = (AdvSimd.Arm64.ZipLow(r1, r3), AdvSimd.Arm64.ZipHigh(r1, r3));
        AdvSimd.Arm64.ZipLow(low02, low13).Store(into);
        AdvSimd.Arm64.ZipHigh(low02, low13).Store(into + intoStride);
        AdvSimd.Arm64.ZipLow(high02, high13).Store(into + (2 * intoStride));
        AdvSimd.Arm64.ZipHigh(high02, high13).Store(into + (3 * intoStride));
    }
}
