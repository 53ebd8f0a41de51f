using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// The innermost loop of every matrix product, convolution and attention: c (+)= Σₖ a[k]ᵀ·b[k], where a[k] holds one value for each
/// row of the tile, which is broadcast, and b[k] two vectors. The sums stay in registers; the methods for the numbers of rows are written
/// out because the JIT keeps only named variables there. c is [rows, 2·Count] without gaps.
/// </summary>
/// <remarks>Every sum adds up its products in the order of k, whatever the rows of the tile, so results do not depend on tiling.</remarks>
internal static unsafe class Tile<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    // How many k before its use a value of a is asked for: the row panels of a product come from the second cache. Measured: +4%.
    private const int Ahead = 20;

    /// <summary>Rows of the largest tile that fits into <paramref name="rows"/> and, with its sums, into the registers.</summary>
    public static int Height(int rows)
    {
        if (rows >= 8 && TWidth.TileRows >= 12)
        {
            return rows >= 12 ? 12 : 8;
        }
        return rows >= 6 ? 6 : Math.Min(rows, 4);
    }

    /// <param name="height">A result of <see cref="Height"/>.</param>
    /// <param name="a">height values for each k, without gaps.</param>
    /// <param name="b">One stretch for each tap, two vectors for each k, <paramref name="step"/> floats apart.</param>
    /// <param name="taps">Stretches: 1 for matrices, the taps of a kernel for convolutions.</param>
    /// <param name="step">Floats from one k to the next in a stretch of b.</param>
    /// <param name="depth">Number of k in a stretch.</param>
    /// <param name="c">The tile.</param>
    /// <param name="accumulate">Adds to the tile instead of overwriting it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(int height, float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        switch (height)
        {
            case 12:
                Rows12(a, b, taps, step, depth, c, accumulate);
                break;
            case 8:
                Rows8(a, b, taps, step, depth, c, accumulate);
                break;
            case 6:
                Rows6(a, b, taps, step, depth, c, accumulate);
                break;
            case 4:
                Rows4(a, b, taps, step, depth, c, accumulate);
                break;
            case 3:
                Rows3(a, b, taps, step, depth, c, accumulate);
                break;
            case 2:
                Rows2(a, b, taps, step, depth, c, accumulate);
                break;
            default:
                Rows1(a, b, taps, step, depth, c, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        TVector c20 = TWidth.Zero, c21 = TWidth.Zero;
        TVector c30 = TWidth.Zero, c31 = TWidth.Zero;
        TVector c40 = TWidth.Zero, c41 = TWidth.Zero;
        TVector c50 = TWidth.Zero, c51 = TWidth.Zero;
        TVector c60 = TWidth.Zero, c61 = TWidth.Zero;
        TVector c70 = TWidth.Zero, c71 = TWidth.Zero;
        TVector c80 = TWidth.Zero, c81 = TWidth.Zero;
        TVector c90 = TWidth.Zero, c91 = TWidth.Zero;
        TVector c100 = TWidth.Zero, c101 = TWidth.Zero;
        TVector c110 = TWidth.Zero, c111 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                TWidth.Prefetch(a + (12 * Ahead));
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                var a2 = TWidth.Broadcast(a[2]);
                c20 = TWidth.MultiplyAdd(a2, b0, c20);
                c21 = TWidth.MultiplyAdd(a2, b1, c21);
                var a3 = TWidth.Broadcast(a[3]);
                c30 = TWidth.MultiplyAdd(a3, b0, c30);
                c31 = TWidth.MultiplyAdd(a3, b1, c31);
                var a4 = TWidth.Broadcast(a[4]);
                c40 = TWidth.MultiplyAdd(a4, b0, c40);
                c41 = TWidth.MultiplyAdd(a4, b1, c41);
                var a5 = TWidth.Broadcast(a[5]);
                c50 = TWidth.MultiplyAdd(a5, b0, c50);
                c51 = TWidth.MultiplyAdd(a5, b1, c51);
                var a6 = TWidth.Broadcast(a[6]);
                c60 = TWidth.MultiplyAdd(a6, b0, c60);
                c61 = TWidth.MultiplyAdd(a6, b1, c61);
                var a7 = TWidth.Broadcast(a[7]);
                c70 = TWidth.MultiplyAdd(a7, b0, c70);
                c71 = TWidth.MultiplyAdd(a7, b1, c71);
                var a8 = TWidth.Broadcast(a[8]);
                c80 = TWidth.MultiplyAdd(a8, b0, c80);
                c81 = TWidth.MultiplyAdd(a8, b1, c81);
                var a9 = TWidth.Broadcast(a[9]);
                c90 = TWidth.MultiplyAdd(a9, b0, c90);
                c91 = TWidth.MultiplyAdd(a9, b1, c91);
                var a10 = TWidth.Broadcast(a[10]);
                c100 = TWidth.MultiplyAdd(a10, b0, c100);
                c101 = TWidth.MultiplyAdd(a10, b1, c101);
                var a11 = TWidth.Broadcast(a[11]);
                c110 = TWidth.MultiplyAdd(a11, b0, c110);
                c111 = TWidth.MultiplyAdd(a11, b1, c111);
                a += 12;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
        Put(c, 2, c20, c21, accumulate);
        Put(c, 3, c30, c31, accumulate);
        Put(c, 4, c40, c41, accumulate);
        Put(c, 5, c50, c51, accumulate);
        Put(c, 6, c60, c61, accumulate);
        Put(c, 7, c70, c71, accumulate);
        Put(c, 8, c80, c81, accumulate);
        Put(c, 9, c90, c91, accumulate);
        Put(c, 10, c100, c101, accumulate);
        Put(c, 11, c110, c111, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        TVector c20 = TWidth.Zero, c21 = TWidth.Zero;
        TVector c30 = TWidth.Zero, c31 = TWidth.Zero;
        TVector c40 = TWidth.Zero, c41 = TWidth.Zero;
        TVector c50 = TWidth.Zero, c51 = TWidth.Zero;
        TVector c60 = TWidth.Zero, c61 = TWidth.Zero;
        TVector c70 = TWidth.Zero, c71 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                var a2 = TWidth.Broadcast(a[2]);
                c20 = TWidth.MultiplyAdd(a2, b0, c20);
                c21 = TWidth.MultiplyAdd(a2, b1, c21);
                var a3 = TWidth.Broadcast(a[3]);
                c30 = TWidth.MultiplyAdd(a3, b0, c30);
                c31 = TWidth.MultiplyAdd(a3, b1, c31);
                var a4 = TWidth.Broadcast(a[4]);
                c40 = TWidth.MultiplyAdd(a4, b0, c40);
                c41 = TWidth.MultiplyAdd(a4, b1, c41);
                var a5 = TWidth.Broadcast(a[5]);
                c50 = TWidth.MultiplyAdd(a5, b0, c50);
                c51 = TWidth.MultiplyAdd(a5, b1, c51);
                var a6 = TWidth.Broadcast(a[6]);
                c60 = TWidth.MultiplyAdd(a6, b0, c60);
                c61 = TWidth.MultiplyAdd(a6, b1, c61);
                var a7 = TWidth.Broadcast(a[7]);
                c70 = TWidth.MultiplyAdd(a7, b0, c70);
                c71 = TWidth.MultiplyAdd(a7, b1, c71);
                a += 8;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
        Put(c, 2, c20, c21, accumulate);
        Put(c, 3, c30, c31, accumulate);
        Put(c, 4, c40, c41, accumulate);
        Put(c, 5, c50, c51, accumulate);
        Put(c, 6, c60, c61, accumulate);
        Put(c, 7, c70, c71, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        TVector c20 = TWidth.Zero, c21 = TWidth.Zero;
        TVector c30 = TWidth.Zero, c31 = TWidth.Zero;
        TVector c40 = TWidth.Zero, c41 = TWidth.Zero;
        TVector c50 = TWidth.Zero, c51 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                TWidth.Prefetch(a + (6 * Ahead));
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                var a2 = TWidth.Broadcast(a[2]);
                c20 = TWidth.MultiplyAdd(a2, b0, c20);
                c21 = TWidth.MultiplyAdd(a2, b1, c21);
                var a3 = TWidth.Broadcast(a[3]);
                c30 = TWidth.MultiplyAdd(a3, b0, c30);
                c31 = TWidth.MultiplyAdd(a3, b1, c31);
                var a4 = TWidth.Broadcast(a[4]);
                c40 = TWidth.MultiplyAdd(a4, b0, c40);
                c41 = TWidth.MultiplyAdd(a4, b1, c41);
                var a5 = TWidth.Broadcast(a[5]);
                c50 = TWidth.MultiplyAdd(a5, b0, c50);
                c51 = TWidth.MultiplyAdd(a5, b1, c51);
                a += 6;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
        Put(c, 2, c20, c21, accumulate);
        Put(c, 3, c30, c31, accumulate);
        Put(c, 4, c40, c41, accumulate);
        Put(c, 5, c50, c51, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        TVector c20 = TWidth.Zero, c21 = TWidth.Zero;
        TVector c30 = TWidth.Zero, c31 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                var a2 = TWidth.Broadcast(a[2]);
                c20 = TWidth.MultiplyAdd(a2, b0, c20);
                c21 = TWidth.MultiplyAdd(a2, b1, c21);
                var a3 = TWidth.Broadcast(a[3]);
                c30 = TWidth.MultiplyAdd(a3, b0, c30);
                c31 = TWidth.MultiplyAdd(a3, b1, c31);
                a += 4;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
        Put(c, 2, c20, c21, accumulate);
        Put(c, 3, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows3(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        TVector c20 = TWidth.Zero, c21 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                var a2 = TWidth.Broadcast(a[2]);
                c20 = TWidth.MultiplyAdd(a2, b0, c20);
                c21 = TWidth.MultiplyAdd(a2, b1, c21);
                a += 3;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
        Put(c, 2, c20, c21, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        TVector c10 = TWidth.Zero, c11 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                var a1 = TWidth.Broadcast(a[1]);
                c10 = TWidth.MultiplyAdd(a1, b0, c10);
                c11 = TWidth.MultiplyAdd(a1, b1, c11);
                a += 2;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
        Put(c, 1, c10, c11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(float* a, float** b, int taps, int step, int depth, float* c, bool accumulate)
    {
        TVector c00 = TWidth.Zero, c01 = TWidth.Zero;
        for (var tap = 0; tap < taps; tap++)
        {
            var right = b[tap];
            for (var k = depth; k > 0; k--)
            {
                var b0 = TWidth.Load(right);
                var b1 = TWidth.Load(right + TWidth.Count);
                var a0 = TWidth.Broadcast(a[0]);
                c00 = TWidth.MultiplyAdd(a0, b0, c00);
                c01 = TWidth.MultiplyAdd(a0, b1, c01);
                a += 1;
                right += step;
            }
        }
        Put(c, 0, c00, c01, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, int row, TVector sum0, TVector sum1, bool accumulate)
    {
        c += row * 2 * TWidth.Count;
        if (accumulate)
        {
            sum0 = TWidth.Add(TWidth.Load(c), sum0);
            sum1 = TWidth.Add(TWidth.Load(c + TWidth.Count), sum1);
        }
        TWidth.Store(c, sum0);
        TWidth.Store(c + TWidth.Count, sum1);
    }
}
