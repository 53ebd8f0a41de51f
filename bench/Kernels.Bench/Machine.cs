using System.Diagnostics;
using System.Runtime.Intrinsics;
using QwenMesh.Tensors.Cpu.Kernels;
using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Kernels.Bench;

/// <summary>The machine that the numbers were taken on, and its peak.</summary>
internal static class Machine
{
    /// <summary>
    /// GFLOP/s of one thread on a product that never leaves the first cache: the clock under load times the width of the
    /// arithmetic units, less the few percent that a loop costs. Shares of the peak are against this times the threads.
    /// </summary>
    public static double PeakPerThread { get; private set; }

    public static void Describe(int threads)
    {
        PeakPerThread = MeasurePeak();
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[1]
            : "?";
        Console.WriteLine($"- processor: {model}, {Environment.ProcessorCount} in use by this process, {SimdLevels.Detected}");
        Console.WriteLine($"- runtime: {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}; threads: {threads}");
        Console.WriteLine($"- peak: {PeakPerThread:F0} GFLOP/s a thread (measured in registers and first cache)");
        Console.WriteLine(OpenBlas.Available ? $"- OpenBLAS core: {OpenBlas.CoreName}" : "- OpenBLAS: not installed");
        Console.WriteLine();
    }

    private static unsafe double MeasurePeak()
    {
        const int Depth = 192;
        var memory = (float*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(1 << 16, 64);
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
        System.Runtime.InteropServices.NativeMemory.AlignedFree(memory);
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
