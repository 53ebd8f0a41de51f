using System.Runtime.InteropServices;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>x·Wᵀ against OpenBLAS sgemm, same threads. "per call" packs the weights in every call, as OpenBLAS does.</summary>
internal static unsafe class GemmBench
{
    private static readonly int[] Rows = [64, 256, 1024, 4096];
    private static readonly (int Columns, int Depth)[] Sides =
        [(640, 640), (640, 1024), (640, 3072), (1024, 640), (1024, 1024), (1024, 3072), (3072, 640), (3072, 1024), (3072, 3072)];

    public static void Run(int threads, bool quick)
    {
        if (!OpenBlas.Available)
        {
            Console.WriteLine("gemm: skipped, install libopenblas0-pthread");
            return;
        }
        OpenBlas.SetThreads(threads);
        using var packed = new CpuBackend(new CpuOptions { Threads = threads });
        using var perCall = new CpuBackend(new CpuOptions { Threads = threads, PackedWeightBytes = 0 });
        Console.WriteLine("| M | N | K | ours, packed once | ours, packed per call | ours, bf16 per call | OpenBLAS | ratio packed | ratio per call | share of peak |");
        Console.WriteLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var rows in Rows)
        {
            foreach (var (columns, depth) in Sides)
            {
                if (quick && (columns != depth || rows == 4096 && depth == 3072))
                {
                    continue;
                }
                Print(packed, perCall, rows, columns, depth, threads, quick ? 7 : 15);
            }
        }
        Console.WriteLine();
    }

    private static void Print(CpuBackend packed, CpuBackend perCall, int rows, int columns, int depth, int threads, int rounds)
    {
        var random = new Random(1);
        var weights = new float[columns * depth];
        foreach (ref var value in weights.AsSpan())
        {
            value = (float)random.NextDouble() - 0.5f;
        }
        var half = weights.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray();
        var stored = new HostTensor("w", DType.Float32, [columns, depth], MemoryMarshal.AsBytes<float>(weights).ToArray());
        var storedHalf = new HostTensor("w", DType.BFloat16, [columns, depth], MemoryMarshal.AsBytes<ushort>(half).ToArray());
        using var w = packed.LoadLinear(stored, null);
        using var wPerCall = perCall.LoadLinear(stored, null);
        using var wHalf = perCall.LoadLinear(storedHalf, null);
        using var x = packed.From([.. Enumerable.Range(0, rows * depth).Select(_ => (float)random.NextDouble() - 0.5f)], [rows, depth]);
        using var into = packed.Empty([rows, columns]);
        using var pinned = stored.Bytes.Pin();
        var (a, b, c) = ((nint)((CpuTensor)x).Floats, (nint)pinned.Pointer, (nint)((CpuTensor)into).Floats);

        var times = Timing.Compare(
            rounds,
            () => packed.Linear(x, w, into),
            () => perCall.Linear(x, wPerCall, into),
            () => perCall.Linear(x, wHalf, into),
            () => OpenBlas.Multiply(rows, columns, depth, (float*)a, (float*)b, (float*)c));
        var flops = 2.0 * rows * columns * depth / 1e9;
        var rates = times.Select(time => flops / time.Fastest).ToArray();
        Console.WriteLine(
            $"| {rows} | {columns} | {depth} | {rates[0]:F0} | {rates[1]:F0} | {rates[2]:F0} | {rates[3]:F0} " +
            $"| {rates[0] / rates[3]:F2} | {rates[1] / rates[3]:F2} | {rates[0] / (Machine.PeakPerThread * threads):P0} |");
    }
}
