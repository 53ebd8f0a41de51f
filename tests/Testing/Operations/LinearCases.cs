using QwenMesh.Tensors;

namespace QwenMesh.Testing.Operations;

internal static class LinearCases
{
    private static readonly (int Rows, int Columns, int Depth)[] Sizes =
    [
        .. new[] { 1, 3, 8, 9, 12, 13, 17, 23, 121, 250 }.Select(rows => (rows, 37, 65)),
        (64, 160, 160), (30, 3, 1), (30, 1, 3), (10, 130, 193), (40, 64, 700),
    ];

    private static readonly Activation[] Activations = [Activation.Silu, Activation.GeluTanh, Activation.GeluErf];

    public static IEnumerable<OperationCase> All =>
    [
        .. Sizes.Select(size => Linear(size.Rows, size.Columns, size.Depth, DType.BFloat16, Activation.None)),
        .. new[] { DType.Float32, DType.Float16 }.SelectMany(dtype => new[] { 2, 20 }.Select(rows => Linear(rows, 45, 77, dtype, Activation.None))),
        .. Activations.Select(activation => Linear(25, 50, 30, DType.Float32, activation)),
        .. Activations.Select(Tails),
        new OperationCase("Linear into Float32 from Float32", run =>
        {
            var x = run.Exact(run.Random(9 * 24, 3), [9, 24]);
            var into = run.Exact(run.Random(9 * 16, 4), [9, 16]);
            run.Backend.Linear(x, run.Linear(DType.BFloat16, 16, 24, 1, bias: true), into, Activation.Silu);
            return run.Read(into);
        }),
        .. new[] { (1, false), (5, true), (31, true), (31, false) }.SelectMany(pair => new[] { true, false }.Select(bias => Residual(pair.Item1, pair.Item2, bias))),
        .. new[] { 1, 31 }.Select(SwiGlu),
        .. new[] { 1, 40 }.SelectMany(rows => new[] { 1, 16 }.SelectMany(rank => Adapted(rows, rank))),
    ];

    private static OperationCase Linear(int rows, int columns, int depth, DType dtype, Activation activation) =>
        new($"Linear {rows}×{columns}×{depth} {dtype} {activation}", run =>
        {
            var into = run.Empty([rows, columns]);
            run.Backend.Linear(run.Tensor([rows, depth], 3), run.Linear(dtype, columns, depth, 1, bias: true), into, activation);
            return run.Read(into);
        })
        {
            BFloat16Tolerance = activation == Activation.None ? 3.95e-3 : 6e-3,
        };

    /// <summary>Beyond every branch of the activations: overflow of the exponential, zero, tiny and huge values.</summary>
    private static OperationCase Tails(Activation activation) => new($"{activation} from −200 to 200", run =>
    {
        float[] points = [-200, -90, -30, -13, -10.5f, -8, -5.5f, -5, -3, -1, -0.5f, -1e-3f, -1e-20f, 0, 1e-20f, 1e-3f, 0.5f, 1, 3, 5.5f, 9, 30, 200];
        var one = run.Keep(run.Backend.LoadLinear(OperationRun.Stored("w", DType.Float32, [1, 1], [1]), null));
        var into = run.Empty([points.Length, 1]);
        run.Backend.Linear(run.Scope.From(points, [points.Length, 1]), one, into, activation);
        return run.Read(into);
    });

    private static OperationCase Residual(int rows, bool gated, bool bias) => new($"LinearResidual {rows} gate {gated} bias {bias}", run =>
    {
        var residual = run.Tensor([rows, 41], 5);
        run.Backend.LinearResidual(
            run.Tensor([rows, 29], 3), run.Linear(DType.BFloat16, 41, 29, 1, bias), gated ? run.Tensor([1, 41], 4) : null, residual);
        return run.Read(residual);
    })
    {
        BFloat16Tolerance = 6e-3,
    };

    private static OperationCase SwiGlu(int rows) => new($"LinearSwiGlu {rows}", run =>
    {
        var into = run.Empty([rows, 52]);
        run.Backend.LinearSwiGlu(
            run.Tensor([rows, 33], 3), run.Linear(DType.Float16, 52, 33, 1, bias: true, 0.3f), run.Linear(DType.Float16, 52, 33, 6, bias: false, 0.3f), into);
        return run.Read(into);
    })
    {
        BFloat16Tolerance = 6e-3,
    };

    private static IEnumerable<OperationCase> Adapted(int rows, int rank)
    {
        const double Tolerance = 8e-3;
        yield return new($"Linear {rows} with an adapter of rank {rank}", run =>
        {
            var into = run.Empty([rows, 37]);
            run.Backend.Linear(
                run.Tensor([rows, 29], 3), run.Linear(DType.BFloat16, 37, 29, 1, bias: true), into, Activation.GeluTanh, Adapter(run, 37, 29, rank));
            return run.Read(into);
        })
        {
            BFloat16Tolerance = Tolerance,
        };
        yield return new($"LinearResidual {rows} with an adapter of rank {rank}", run =>
        {
            var residual = run.Tensor([rows, 37], 5);
            run.Backend.LinearResidual(
                run.Tensor([rows, 29], 3), run.Linear(DType.BFloat16, 37, 29, 1, bias: true), run.Tensor([1, 37], 4), residual, Adapter(run, 37, 29, rank));
            return run.Read(residual);
        })
        {
            BFloat16Tolerance = Tolerance,
        };
        yield return new($"LinearSwiGlu {rows} with adapters of rank {rank}", run =>
        {
            var into = run.Empty([rows, 37]);
            run.Backend.LinearSwiGlu(
                run.Tensor([rows, 29], 3), run.Linear(DType.BFloat16, 37, 29, 1, bias: true, 0.3f), run.Linear(DType.BFloat16, 37, 29, 7, bias: true, 0.3f),
                into, Adapter(run, 37, 29, rank), Adapter(run, 37, 29, rank, seed: 40));
            return run.Read(into);
        })
        {
            BFloat16Tolerance = 1.5 * Tolerance,
        };
    }

    private static LowRankAdapter Adapter(OperationRun run, int outputs, int inputs, int rank, int seed = 20) =>
        new(run.Linear(DType.Float32, rank, inputs, seed, bias: false), run.Linear(DType.Float32, outputs, rank, seed + 1, bias: false), 0.37f);
}
