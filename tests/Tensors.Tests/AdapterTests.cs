namespace QwenMesh.Tensors.Tests;

/// <summary>Low-rank adapters against the same layer with the product of their matrices added to its weight.</summary>
public class AdapterTests
{
    private const double Tolerance = 5e-6;
    private const float Scale = 0.7f;
    private const int In = 37;
    private const int Out = 51;

    [Theory]
    [InlineData(1, 1, Activation.None)]
    [InlineData(30, 4, Activation.None)]
    [InlineData(30, 16, Activation.GeluTanh)]
    [InlineData(130, 64, Activation.Silu)]
    public void A_linear_layer_with_an_adapter_is_the_layer_with_their_sum(int rows, int rank, Activation activation) => Both(
        rank, (backend, scope, merged, plain, adapter) =>
        {
            var x = scope.From(Engines.Random(rows * In, 5), [rows, In]);
            var (expected, found) = (scope.Empty([rows, Out]), scope.Empty([rows, Out]));
            backend.Linear(x, merged, expected, activation);
            backend.Linear(x, plain, found, activation, adapter);
            return (expected, found);
        });

    [Theory]
    [InlineData(1, 3, true)]
    [InlineData(40, 8, true)]
    [InlineData(40, 8, false)]
    public void A_gated_residual_takes_the_adapter_too(int rows, int rank, bool gated) => Both(
        rank, (backend, scope, merged, plain, adapter) =>
        {
            var x = scope.From(Engines.Random(rows * In, 5), [rows, In]);
            var gate = gated ? scope.From(Engines.Random(Out, 6), [1, Out]) : null;
            var start = Engines.Random(rows * Out, 7);
            var (expected, found) = (scope.From(start, [rows, Out]), scope.From(start, [rows, Out]));
            backend.LinearResidual(x, merged, gate, expected);
            backend.LinearResidual(x, plain, gate, found, adapter);
            return (expected, found);
        });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void SwiGlu_takes_an_adapter_on_either_side(bool onGate, bool onUp) => Both(
        8, (backend, scope, merged, plain, adapter) =>
        {
            var x = scope.From(Engines.Random(20 * In, 5), [20, In]);
            var (expected, found) = (scope.Empty([20, Out]), scope.Empty([20, Out]));
            backend.LinearSwiGlu(x, onGate ? merged : plain, onUp ? merged : plain, expected);
            backend.LinearSwiGlu(x, plain, plain, found, onGate ? adapter : null, onUp ? adapter : null);
            return (expected, found);
        });

    [Fact]
    public void An_adapter_of_another_layer_is_refused()
    {
        using var backend = Engines.Scalar();
        using var scope = new TensorScope(backend);
        using var plain = backend.LoadLinear(Engines.Stored("w", DType.Float32, [Out, In], 1), null);
        using var down = backend.LoadLinear(Engines.Stored("down", DType.Float32, [4, In + 1], 2), null);
        using var up = backend.LoadLinear(Engines.Stored("up", DType.Float32, [Out, 4], 3), null);
        using var other = backend.LoadLinear(Engines.Stored("up", DType.Float32, [Out, 5], 3), null);
        var (x, into) = (scope.From(Engines.Random(In, 5), [1, In]), scope.Empty([1, Out]));
        Assert.Throws<ShapeException>(() => backend.Linear(x, plain, into, Activation.None, new LowRankAdapter(down, up, 1)));
        Assert.Throws<ShapeException>(() => new LowRankAdapter(down, other, 1));
    }

    private static void Both(
        int rank, Func<TensorBackend, TensorScope, LinearWeight, LinearWeight, LowRankAdapter, (Tensor Expected, Tensor Found)> run)
    {
        var (weight, down, up) = (Engines.Random(Out * In, 1), Engines.Random(rank * In, 2), Engines.Random(Out * rank, 3));
        var sum = new float[Out * In];
        for (var o = 0; o < Out; o++)
        {
            for (var i = 0; i < In; i++)
            {
                var added = 0.0;
                for (var r = 0; r < rank; r++)
                {
                    added += (double)up[(o * rank) + r] * down[(r * In) + i];
                }
                sum[(o * In) + i] = (float)(weight[(o * In) + i] + (Scale * added));
            }
        }
        foreach (var backend in Engines.Levels.Select(level => Engines.At(level)).Prepend(Engines.Scalar()))
        {
            using (backend)
            {
                using var scope = new TensorScope(backend);
                var bias = Engines.Stored("b", DType.Float32, [Out], 4);
                using var merged = backend.LoadLinear(Engines.Stored("w", [Out, In], sum), bias);
                using var plain = backend.LoadLinear(Engines.Stored("w", [Out, In], weight), bias);
                using var first = backend.LoadLinear(Engines.Stored("down", [rank, In], down), null);
                using var second = backend.LoadLinear(Engines.Stored("up", [Out, rank], up), null);
                var (expected, found) = run(backend, scope, merged, plain, new LowRankAdapter(first, second, Scale));
                Engines.Close(expected.ToArray(backend), found.ToArray(backend), Tolerance, $"rank {rank} at {backend.Simd}");
            }
        }
    }
}
