using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>Attention at the models' sizes.</summary>
internal static class AttentionBench
{
    private static readonly (int Rows, int Heads, int KvHeads, int Dim, bool Causal)[] Cases =
    [
        (288, 5, 5, 32, false), (1024, 1, 1, 64, false), (1024, 28, 4, 128, true), (1024, 24, 24, 128, false), (2048, 8, 8, 128, false),
        (1024, 16, 16, 80, false), (2048, 1, 1, 384, false),
    ];

    public static void Run(int threads, bool quick)
    {
        using var backend = new CpuBackend(new CpuOptions { Threads = threads });
        Console.WriteLine("| rows | heads | kv heads | dim | causal | ms | GFLOP/s | share of peak |");
        Console.WriteLine("|--:|--:|--:|--:|---|--:|--:|--:|");
        foreach (var (rows, heads, kvHeads, dim, causal) in Cases)
        {
            using var q = backend.From(Random(rows * heads * dim), [rows, heads * dim]);
            using var k = backend.From(Random(rows * kvHeads * dim), [rows, kvHeads * dim]);
            using var v = backend.From(Random(rows * kvHeads * dim), [rows, kvHeads * dim]);
            using var into = backend.Empty([rows, heads * dim]);
            var scale = 1 / MathF.Sqrt(dim);
            var seconds = Timing.Compare(quick ? 5 : 15, () => backend.Attention(q, k, v, heads, kvHeads, scale, causal, into))[0].Median;
            var rate = 4.0 * rows * rows * heads * dim * (causal ? 0.5 : 1) / seconds / 1e9;
            Console.WriteLine(
                $"| {rows} | {heads} | {kvHeads} | {dim} | {(causal ? "yes" : "no")} | {seconds * 1e3:F2} | {rate:F0} " +
                $"| {rate / (Machine.PeakPerThread * threads):P0} |");
        }
        Console.WriteLine();
    }

    internal static float[] Random(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
    }
}
