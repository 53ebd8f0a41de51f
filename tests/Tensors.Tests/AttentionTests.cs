namespace QwenMesh.Tensors.Tests;

public class AttentionTests
{
    private const double Tolerance = 2e-6;

    [Theory]
    [InlineData(70, 70, 2, 2, 16)]
    [InlineData(33, 200, 3, 3, 32)]
    [InlineData(5, 97, 4, 2, 64)]
    [InlineData(130, 13, 2, 1, 80)]
    [InlineData(64, 192, 2, 2, 128)]
    [InlineData(40, 101, 1, 1, 384)]
    [InlineData(1, 1, 7, 1, 7)]
    [InlineData(9, 11, 6, 3, 3)]
    public void Heads_of_any_size_agree_with_plain_loops(int rows, int keys, int heads, int kvHeads, int dim) =>
        Check(rows, keys, heads, kvHeads, dim, causal: false);

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(215)]
    public void Causal_rows_do_not_see_what_follows(int rows) => Check(rows, rows, 4, 2, 24, causal: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Segments_do_not_see_each_other(bool causal) => Check(240, 240, 2, 2, 16, causal, [0, 7, 7, 100, 132, 240]);

    [Fact]
    public void Large_scores_stay_finite() => Engines.Agree(backend => Run(backend, 40, 150, 2, 2, 32, false, [], 40), 2e-5, "large scores");

    [Fact]
    public void A_later_key_does_not_change_an_earlier_causal_row()
    {
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            using var scope = new TensorScope(backend);
            var values = Engines.Random(100 * 32, 1);
            var first = Attend(values);
            values.AsSpan(60 * 32).Fill(9);
            var second = Attend(values);
            Assert.Equal(first[..(60 * 32)], second[..(60 * 32)]);

            float[] Attend(float[] elements)
            {
                var x = scope.From(elements, [100, 32]);
                var into = scope.Empty([100, 32]);
                backend.Attention(x, x, x, 2, 2, 0.25f, true, into);
                return into.ToArray(backend);
            }
        }
    }

    private static void Check(int rows, int keys, int heads, int kvHeads, int dim, bool causal, int[]? segments = null) => Engines.Agree(
        backend => Run(backend, rows, keys, heads, kvHeads, dim, causal, segments ?? [], 1), Tolerance, $"{rows}×{keys} {heads}/{kvHeads}·{dim}");

    private static float[] Run(
        Cpu.CpuBackend backend, int rows, int keys, int heads, int kvHeads, int dim, bool causal, int[] segments, float size)
    {
        using var scope = new TensorScope(backend);
        var q = scope.From(Engines.Random(rows * heads * dim, 1, size), [rows, heads * dim]);
        var k = scope.From(Engines.Random(keys * kvHeads * dim, 2), [keys, kvHeads * dim]);
        var v = scope.From(Engines.Random(keys * kvHeads * dim, 3), [keys, kvHeads * dim]);
        var into = scope.Empty([rows, heads * dim]);
        backend.Attention(q, k, v, heads, kvHeads, 1 / MathF.Sqrt(dim), causal, into, segments);
        return into.ToArray(backend);
    }
}
