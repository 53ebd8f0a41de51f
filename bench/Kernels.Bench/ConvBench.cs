using System.Runtime.InteropServices;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>Convolutions of the shipped model's VAE at 1024×1024, and of the released one's at sizes that a small machine can hold.</summary>
internal static class ConvBench
{
    private static readonly (int Side, int In, int Out, int Kernel, int Stride, bool Upsample)[] Cases =
    [
        (32, 16, 64, 3, 1, false), (64, 64, 64, 3, 1, false), (128, 64, 64, 3, 1, false), (256, 32, 32, 3, 1, false), (512, 16, 16, 3, 1, false),
        (1024, 8, 8, 3, 1, false), (1024, 8, 3, 3, 1, false), (512, 16, 8, 3, 1, true), (256, 32, 16, 3, 1, true), (1024, 3, 8, 3, 1, false),
        (1024, 8, 8, 3, 2, false), (512, 16, 8, 1, 1, false), (128, 96, 96, 3, 1, false), (64, 192, 192, 3, 1, false), (32, 384, 384, 3, 1, false),
    ];

    public static void Run(int threads, bool quick)
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = threads });
        Console.WriteLine("| picture | in | out | kernel | stride | upsample | ms | GFLOP/s | share of peak | GB/s |");
        Console.WriteLine("|--:|--:|--:|--:|--:|---|--:|--:|--:|--:|");
        foreach (var (side, inputs, outputs, kernel, stride, upsample) in Cases)
        {
            var weights = AttentionBench.Random(outputs * inputs * kernel * kernel);
            var stored = new HostTensor("w", DType.Float32, [outputs, inputs, kernel, kernel], MemoryMarshal.AsBytes<float>(weights).ToArray());
            using var weight = backend.LoadConv(stored, null);
            using var x = backend.From(AttentionBench.Random(side * side * inputs), [side, side, inputs]);
            var outSide = stride == 2 ? side / 2 : upsample ? side * 2 : side;
            using var into = backend.Empty([outSide, outSide, outputs]);
            var padding = stride == 2 ? new Padding(0, 1, 0, 1) : Padding.All(kernel / 2);
            var seconds = Timing.Compare(
                quick ? 5 : 15, () => backend.Conv2d(x, weight, padding, stride, into, upsample: upsample))[0].Fastest;
            var rate = 2.0 * outSide * outSide * outputs * inputs * kernel * kernel / seconds / 1e9;
            var bytes = 4.0 * (((double)side * side * inputs) + ((double)outSide * outSide * outputs)) / seconds / 1e9;
            Console.WriteLine(
                $"| {side}×{side} | {inputs} | {outputs} | {kernel}×{kernel} | {stride} | {(upsample ? "yes" : "no")} | {seconds * 1e3:F2} | {rate:F0} " +
                $"| {rate / (Machine.PeakPerThread * threads):P0} | {bytes:F1} |");
        }
        Console.WriteLine();
    }
}
