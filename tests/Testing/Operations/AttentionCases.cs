namespace QwenMesh.Testing.Operations;

internal static class AttentionCases
{
    public static IEnumerable<OperationCase> All =>
    [
        Attention(70, 70, 2, 2, 16),
        Attention(33, 200, 3, 3, 32),
        Attention(5, 97, 4, 2, 64),
        Attention(130, 13, 2, 1, 80),
        Attention(64, 192, 2, 2, 128),
        Attention(40, 101, 1, 1, 384),
        Attention(1, 1, 7, 1, 7),
        Attention(9, 11, 6, 3, 3),
        .. new[] { 1, 31, 64, 215 }.Select(rows => Attention(rows, rows, 4, 2, 24, causal: true)),
        .. new[] { false, true }.Select(causal => Attention(240, 240, 2, 2, 16, causal, [0, 7, 7, 100, 132, 240])),
        .. new[] { false, true }.Select(causal => Attention(230, 230, 4, 2, 16, causal, [0, 64, 128, 192, 211, 230])),
        Attention(40, 150, 2, 2, 32, size: 40) with { Float32Tolerance = 2e-5, BFloat16Tolerance = 1e-2 },
    ];

    private static OperationCase Attention(
        int rows, int keys, int heads, int kvHeads, int dim, bool causal = false, int[]? segments = null, float size = 1) =>
        new($"Attention {rows}×{keys} {heads}/{kvHeads}·{dim}{(causal ? " causal" : "")}{(segments is null ? "" : $" of {segments.Length - 1}")} ×{size}", run =>
        {
            var q = run.Tensor([rows, heads * dim], 1, size);
            var k = run.Tensor([keys, kvHeads * dim], 2);
            var v = run.Tensor([keys, kvHeads * dim], 3);
            var into = run.Empty([rows, heads * dim]);
            run.Backend.Attention(q, k, v, heads, kvHeads, 1 / MathF.Sqrt(dim), causal, into, segments);
            return run.Read(into);
        })
        {
            BFloat16Tolerance = 5e-3,
        };
}
