using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>Operations that are bound by memory or by the exponential: bytes read and written per second.</summary>
internal static class ElementwiseBench
{
    public static void Run(int threads, bool quick)
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = threads });
        Console.WriteLine("| operation | rows | columns | ms | ns per element | GB/s |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        foreach (var (rows, columns) in new[] { (1 << 20, 8), (1 << 16, 32) })
        {
            Print(backend, quick, "channel norm", rows, columns, (x, row, into) => backend.ChannelNorm(x, row, silu: false, into));
            Print(backend, quick, "channel norm + SiLU", rows, columns, (x, row, into) => backend.ChannelNorm(x, row, silu: true, into));
        }
        foreach (var (rows, columns) in new[] { (256, 160), (1024, 3072) })
        {
            Print(backend, quick, "RMS norm", rows, columns, (x, row, into) => backend.RmsNorm(x, row, 1e-6f, into));
            Print(backend, quick, "layer norm, modulated", rows, columns, (x, row, into) => backend.LayerNormModulate(x, row, row, 1e-6f, into));
            Print(backend, quick, "SiLU", rows, columns, (x, _, into) => backend.Silu(x, into));
            Print(backend, quick, "guidance", rows, columns, (x, _, into) => backend.TrueGuidance(x, into, 4, into));
            Rotation(backend, quick, rows, columns, columns == 160 ? 32 : 128);
        }
        Console.WriteLine();
    }

    private static void Rotation(CpuBackend backend, bool quick, int rows, int columns, int dim)
    {
        // True rotations: anything else would make the operation, which is in place, drift to denormal numbers.
        var angles = AttentionBench.Random(rows * dim / 2);
        using var cos = backend.From([.. angles.Select(MathF.Cos)], [rows, dim / 2]);
        using var sin = backend.From([.. angles.Select(MathF.Sin)], [rows, dim / 2]);
        using var weight = backend.From([.. Enumerable.Repeat(1f, dim)], [dim]);
        Print(backend, quick, "head norm and rotation", rows, columns, (x, _, _) =>
            backend.HeadNormRotary(x, columns / dim, weight, 1e-6f, cos, sin, RotaryLayout.Interleaved));
    }

    private static void Print(CpuBackend backend, bool quick, string name, int rows, int columns, Action<Tensor, Tensor, Tensor> operation)
    {
        using var x = backend.From(AttentionBench.Random(rows * columns), [rows, columns]);
        using var into = backend.From(AttentionBench.Random(rows * columns), [rows, columns]);
        using var row = backend.From(AttentionBench.Random(columns), [1, columns]);
        var seconds = Timing.Compare(quick ? 5 : 15, () => operation(x, row, into))[0].Fastest;
        var elements = (double)rows * columns;
        Console.WriteLine($"| {name} | {rows} | {columns} | {seconds * 1e3:F3} | {seconds * 1e9 / elements:F2} | {8 * elements / seconds / 1e9:F1} |");
    }
}
