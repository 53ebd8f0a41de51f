using QwenMesh.Tensors;

namespace QwenMesh.Testing.Operations;

internal static class NormCases
{
    private static readonly (int Rows, int Columns)[] Sizes = [(1, 1), (3, 5), (7, 16), (20, 33), (5, 128), (130, 160), (2, 3072)];

    public static IEnumerable<OperationCase> All =>
    [
        .. Sizes.SelectMany(size => OfSize(size.Rows, size.Columns)),
        HeadNormRotary(9, 3, 32, RotaryLayout.Interleaved, norm: true, rotate: true),
        HeadNormRotary(9, 2, 128, RotaryLayout.HalfSplit, norm: true, rotate: true),
        HeadNormRotary(9, 2, 128, RotaryLayout.Interleaved, norm: true, rotate: true),
        HeadNormRotary(9, 2, 80, RotaryLayout.HalfSplit, norm: false, rotate: true),
        HeadNormRotary(9, 2, 18, RotaryLayout.Interleaved, norm: false, rotate: true),
        HeadNormRotary(9, 2, 6, RotaryLayout.HalfSplit, norm: true, rotate: true),
        HeadNormRotary(9, 5, 7, RotaryLayout.Interleaved, norm: true, rotate: false),
        new OperationCase("ChannelNorm of black pixels", run =>
        {
            var x = run.Scope.From(new float[40], [5, 8]);
            run.Backend.ChannelNorm(x, run.Exact(run.Random(8, 1), [8]), true, x);
            return run.Read(x);
        }),
    ];

    private static IEnumerable<OperationCase> OfSize(int rows, int columns)
    {
        yield return Into("RmsNorm", rows, columns, (run, x, into) => run.Backend.RmsNorm(x, Vector(run, columns, 2), 1e-6f, into));
        yield return Into("RmsNorm in place", rows, columns, (run, x, into) =>
        {
            run.Backend.RmsNorm(x, Vector(run, columns, 2), 1e-6f, x);
            run.Backend.Copy(x, into);
        });
        // Shift and scale of one column nearly cancel in (1, 1); nothing is lost by starting from a larger shift.
        yield return Into("LayerNormModulate", rows, columns, (run, x, into) =>
            run.Backend.LayerNormModulate(x, run.Tensor([1, columns], 2), run.Tensor([1, columns], 3), 1e-6f, into));
        yield return Into("ChannelNorm", rows, columns, (run, x, into) => run.Backend.ChannelNorm(x, Vector(run, columns, 2), true, into));
        yield return Into("ChannelNorm in place", rows, columns, (run, x, into) =>
        {
            run.Backend.ChannelNorm(x, Vector(run, columns, 2), false, x);
            run.Backend.Copy(x, into);
        });
        yield return Into("TrueGuidance", rows, columns, (run, x, into) => run.Backend.TrueGuidance(x, run.Tensor([rows, columns], 2), 4, into));
        yield return Into("GuidedEulerStep", rows, columns, (run, x, into) =>
        {
            run.Backend.Copy(x, into);
            run.Backend.GuidedEulerStep(into, run.Tensor([rows, columns], 4), run.Tensor([rows, columns], 2), 3, -0.25f);
        });
        yield return Into("TrueGuidance in place", rows, columns, (run, x, into) =>
        {
            run.Backend.Copy(x, into);
            run.Backend.TrueGuidance(into, run.Tensor([rows, columns], 2), 2.5f, into);
        });
    }

    private static OperationCase HeadNormRotary(int rows, int heads, int dim, RotaryLayout layout, bool norm, bool rotate) =>
        Into($"HeadNormRotary {heads}·{dim} {layout} norm {norm} rotate {rotate}", rows, heads * dim, (run, x, into) =>
        {
            var angles = run.Random(rows * (dim / 2), 4, 3);
            var cos = rotate ? run.Exact([.. angles.Select(MathF.Cos)], [rows, dim / 2]) : null;
            var sin = rotate ? run.Exact([.. angles.Select(MathF.Sin)], [rows, dim / 2]) : null;
            run.Backend.Copy(x, into);
            run.Backend.HeadNormRotary(into, heads, norm ? Vector(run, dim, 2) : null, 1e-6f, cos, sin, layout);
        });

    private static OperationCase Into(string name, int rows, int columns, Action<OperationRun, Tensor, Tensor> operation) =>
        new($"{name} {rows}×{columns}", run =>
        {
            var x = run.Tensor([rows, columns], 1, 2);
            var into = run.Empty([rows, columns]);
            operation(run, x, into);
            return run.Read(into);
        });

    private static Tensor Vector(OperationRun run, int count, int seed) => run.Exact(run.Random(count, seed), [count]);
}
