using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// Convolution as a matrix product whose columns are pixels: the kernel in row panels times the window's rows of
/// <see cref="PlanarRows"/>, where each tap is just another address. An item is a band of output rows.
/// </summary>
internal static unsafe class PlanarConv<TWidth, TVector>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    private static int Lanes => Panels<TWidth, TVector>.Width;

    public static void Run(CpuRuntime runtime, ConvProblem p)
    {
        var weight = p.Weight;
        var folded = p.Upsample && p is { Stride: 1, Top: 1, Left: 1 } && weight is { KernelHeight: 3, KernelWidth: 3 }
            && p.OutHeight == 2 * p.Height && p.OutWidth == 2 * p.Width;
        var panels = (nint)(folded ? weight.PackedFolded<TWidth, TVector>() : weight.Packed<TWidth, TVector>());
        var gridHeight = folded ? p.Height : p.OutHeight;
        var band = Math.Clamp(gridHeight / 16, 4, 16);
        runtime.Workers.For((gridHeight + band - 1) / band, item =>
        {
            var start = item * band;
            Band(runtime, p, (float*)panels, folded, start, Math.Min(gridHeight, start + band));
        });
    }

    /// <summary>Rows [start, end) of the output, or of the small picture when the kernel is folded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Band(CpuRuntime runtime, in ConvProblem p, float* panels, bool folded, int start, int end)
    {
        var weight = p.Weight;
        var gridWidth = folded ? p.Width : p.OutWidth;
        var (kernelHeight, kernelWidth) = folded ? (2, 2) : (weight.KernelHeight, weight.KernelWidth);
        var taps = kernelHeight * kernelWidth;
        var positions = PlanarRows.Spread(((gridWidth + Lanes - 1) / Lanes * Lanes) + ((weight.KernelWidth - 1) / p.Stride) + 1);
        var enlarge = p.Upsample && !folded;

        using var memory = runtime.Floats(PlanarRows.Floats(p, weight.KernelHeight, positions, enlarge));
        using var sums = runtime.Floats(2L * weight.OutChannels * Lanes);
        using var pointers = runtime.Floats(2L * taps * (sizeof(float*) / sizeof(float)));
        var rows = new PlanarRows(p, memory.Pointer, weight.KernelHeight, positions, enlarge);
        var bases = (float**)pointers.Pointer;
        var filled = start * p.Stride;
        for (var y = start; y < end; y++)
        {
            var top = y * p.Stride;
            for (filled = Math.Max(filled, top); filled < top + weight.KernelHeight; filled++)
            {
                rows.Fill(filled);
            }
            for (var phase = 0; phase < (folded ? FoldedKernel.Phases : 1); phase++)
            {
                var (py, px) = (phase / 2, phase % 2);
                for (var tap = 0; tap < taps; tap++)
                {
                    bases[tap] = rows.At(top + py + (tap / kernelWidth), px + (tap % kernelWidth));
                }
                var step = folded ? 2 : 1;
                var output = (((long)((step * y) + py) * p.OutWidth) + px) * weight.OutChannels;
                var kernel = panels + ((long)phase * weight.OutChannels * taps * weight.InChannels);
                Row(p, kernel, bases, taps, positions, gridWidth, sums.Pointer, output, step);
            }
        }
    }

    /// <summary>Every <paramref name="step"/>th pixel of an output row, the first at offset <paramref name="output"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(
        in ConvProblem p, float* panels, float** bases, int taps, int positions, int width, float* sums, long output, int step)
    {
        var (inChannels, outChannels) = (p.Weight.InChannels, p.Weight.OutChannels);
        var here = bases + taps;
        for (var x = 0; x < width; x += Lanes)
        {
            for (var tap = 0; tap < taps; tap++)
            {
                here[tap] = bases[tap] + x;
            }
            FillBias(p.Weight.Bias, outChannels, sums);
            for (int o = 0, height; o < outChannels; o += height)
            {
                height = Tile<TWidth, TVector>.Height(outChannels - o);
                var panel = panels + ((long)o * taps * inChannels);
                Tile<TWidth, TVector>.Multiply(height, panel, here, taps, positions, inChannels, sums + (o * Lanes), accumulate: true);
            }
            Write(p, sums, Math.Min(Lanes, width - x), output + ((long)x * step * outChannels), step * outChannels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillBias(float* bias, int outChannels, float* sums)
    {
        for (var o = 0; o < outChannels; o++)
        {
            var value = TWidth.Broadcast(bias[o]);
            TWidth.Store(sums + (o * Lanes), value);
            TWidth.Store(sums + (o * Lanes) + TWidth.Count, value);
        }
    }

    /// <summary>Channels back to the innermost place, <paramref name="pixelStride"/> floats from pixel to pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(in ConvProblem p, float* sums, int pixels, long output, int pixelStride)
    {
        var outChannels = p.Weight.OutChannels;
        if (p.Residual is null)
        {
            Transpose.Run(sums, Lanes, outChannels, pixels, p.Into + output, pixelStride);
            return;
        }
        var block = sums + ((long)outChannels * Lanes);
        Transpose.Run(sums, Lanes, outChannels, pixels, block, outChannels);
        if (pixelStride == outChannels)
        {
            (pixels, outChannels) = (1, pixels * outChannels);
        }
        for (var pixel = 0; pixel < pixels; pixel++)
        {
            var offset = output + ((long)pixel * pixelStride);
            AddInto(block + ((long)pixel * outChannels), p.Residual + offset, p.Into + offset, outChannels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInto(float* a, float* b, float* into, int count)
    {
        var i = 0;
        for (; i <= count - TWidth.Count; i += TWidth.Count)
        {
            TWidth.Store(into + i, TWidth.Add(TWidth.Load(a + i), TWidth.Load(b + i)));
        }
        for (; i < count; i++)
        {
            into[i] = a[i] + b[i];
        }
    }
}
