using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors.Tests;

public class LinearTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<int, int, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<int, int, int>();
            foreach (var rows in new[] { 1, 3, 8, 9, 12, 13, 17, 23, 121, 250 })
            {
                sizes.Add(rows, 37, 65);
            }
            sizes.Add(64, 160, 160);
            sizes.Add(30, 3, 1);
            sizes.Add(30, 1, 3);
            sizes.Add(10, 130, 193);
            sizes.Add(40, 64, 700);
            return sizes;
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Linear_agrees_with_plain_loops(int rows, int columns, int depth) =>
        Engines.Agree(backend => Run(backend, rows, columns, depth, DType.BFloat16, Activation.None), Tolerance, $"{rows}×{columns}×{depth}");

    [Theory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    public void Every_stored_type_is_read_exactly(DType dtype)
    {
        foreach (var rows in new[] { 2, 20 })
        {
            Engines.Agree(backend => Run(backend, rows, 45, 77, dtype, Activation.None), Tolerance, $"{dtype}");
        }
    }

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    public void Activations_agree(Activation activation) =>
        Engines.Agree(backend => Run(backend, 25, 50, 30, DType.Float32, activation), Tolerance, $"{activation}");

    [Theory]
    [InlineData(1, false)]
    [InlineData(5, true)]
    [InlineData(31, true)]
    [InlineData(31, false)]
    public void Gated_residual_agrees(int rows, bool gated) => Engines.Agree(
        backend =>
        {
            using var scope = new TensorScope(backend);
            using var weight = backend.LoadLinear(Engines.Stored("w", DType.BFloat16, [41, 29], 1), Engines.Stored("b", DType.Float32, [41], 2));
            var x = scope.From(Engines.Random(rows * 29, 3), [rows, 29]);
            var gate = gated ? scope.From(Engines.Random(41, 4), [1, 41]) : null;
            var residual = scope.From(Engines.Random(rows * 41, 5), [rows, 41]);
            backend.LinearResidual(x, weight, gate, residual);
            return residual.ToArray(backend);
        },
        Tolerance, $"residual of {rows}");

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    public void SwiGlu_agrees(int rows) => Engines.Agree(
        backend =>
        {
            using var scope = new TensorScope(backend);
            using var gate = backend.LoadLinear(Engines.Stored("g", DType.Float16, [52, 33], 1, 0.3f), Engines.Stored("b", DType.Float32, [52], 2));
            using var up = backend.LoadLinear(Engines.Stored("u", DType.Float16, [52, 33], 6, 0.3f), null);
            var x = scope.From(Engines.Random(rows * 33, 3), [rows, 33]);
            var into = scope.Empty([rows, 52]);
            backend.LinearSwiGlu(x, gate, up, into);
            return into.ToArray(backend);
        },
        Tolerance, $"SwiGLU of {rows}");

    [Fact]
    public void Packed_and_unpacked_weights_give_the_same_bits()
    {
        using var packed = new CpuBackend(new CpuOptions { Threads = 2 });
        using var unpacked = new CpuBackend(new CpuOptions { Threads = 2, PackedWeightBytes = 0 });
        Assert.Equal(
            Run(packed, 70, 200, 300, DType.BFloat16, Activation.Silu), Run(unpacked, 70, 200, 300, DType.BFloat16, Activation.Silu));
    }

    private static float[] Run(CpuBackend backend, int rows, int columns, int depth, DType dtype, Activation activation)
    {
        using var scope = new TensorScope(backend);
        using var weight = backend.LoadLinear(
            Engines.Stored("w", dtype, [columns, depth], 1), Engines.Stored("b", DType.Float32, [columns], 2));
        var x = scope.From(Engines.Random(rows * depth, 3), [rows, depth]);
        var into = scope.Empty([rows, columns]);
        backend.Linear(x, weight, into, activation);
        return into.ToArray(backend);
    }
}
