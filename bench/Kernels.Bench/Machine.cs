using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Kernels;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Kernels.Bench;

/// <summary>The threads in use and the peak of the machine.</summary>
internal static class Machine
{
    /// <summary>Every benchmark runs in a process of its own: what it must know goes by the environment.</summary>
    public const string ThreadsVariable = "QWENMESH_BENCH_THREADS";

    private static readonly Lazy<double> MeasuredPeak = new(MeasurePeak);

    /// <summary>Threads of every candidate; all processors unless set.</summary>
    public static int Threads
    {
        get => Environment.GetEnvironmentVariable(ThreadsVariable) is { Length: > 0 } set
            ? int.Parse(set, CultureInfo.InvariantCulture)
            : Environment.ProcessorCount;
        set => Environment.SetEnvironmentVariable(ThreadsVariable, value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// GFLOP/s of all threads on a product that never leaves the first cache: the clock under load times the width of the arithmetic
    /// units, less the few percent that a loop costs. Measured once with one thread.
    /// </summary>
    public static double Peak => MeasuredPeak.Value * Threads;

    public static void Describe()
    {
        Console.WriteLine($"- {SimdLevels.Detected}, threads: {Threads}");
        Console.WriteLine($"- peak: {Peak:F0} GFLOP/s (a register tile in the first cache, times the threads)");
        Console.WriteLine(
            OpenBlas.Available ? $"- OpenBLAS core: {OpenBlas.CoreName}" : "- OpenBLAS: not installed (libopenblas0-pthread)");
        Console.WriteLine();
    }

    private static unsafe double MeasurePeak()
    {
        const int Depth = 192;
        var memory = (float*)NativeMemory.AlignedAlloc(1 << 16, 64);
        new Span<float>(memory, 1 << 14).Clear();
        double best = 0;
        for (var repeat = 0; repeat < 200; repeat++)
        {
            var start = Stopwatch.GetTimestamp();
            var flops = 0.0;
            for (var i = 0; i < 200; i++)
            {
                flops += Once(memory, Depth);
            }
            best = Math.Max(best, flops / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        NativeMemory.AlignedFree(memory);
        return best;
    }

    private static unsafe double Once(float* memory, int depth)
    {
        var b = memory + 4096;
        var c = memory + 12288;
        switch (SimdLevels.Detected)
        {
            case SimdLevel.Vector512:
                Tile<Width512, Vector512<float>>.Multiply(12, memory, &b, 1, 32, depth, c, false);
                return 2.0 * 12 * 32 * depth;
            case SimdLevel.Vector256:
                Tile<Width256, Vector256<float>>.Multiply(6, memory, &b, 1, 16, depth, c, false);
                return 2.0 * 6 * 16 * depth;
            default:
                var rows = Width128.TileRows;
                Tile<Width128, Vector128<float>>.Multiply(rows, memory, &b, 1, 8, depth, c, false);
                return 2.0 * rows * 8 * depth;
        }
    }
}
