using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors.Tests;

public class NormTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 3, 5 }, { 7, 16 }, { 20, 33 }, { 5, 128 }, { 130, 160 }, { 2, 3072 } };

    [Theory, MemberData(nameof(Sizes))]
    public void RmsNorm_agrees(int rows, int columns) => Check(rows, columns, (backend, scope, x, into) =>
        backend.RmsNorm(x, scope.From(Engines.Random(columns, 2), [columns]), 1e-6f, into));

    [Theory, MemberData(nameof(Sizes))]
    public void LayerNormModulate_agrees(int rows, int columns) => Check(rows, columns, (backend, scope, x, into) =>
        backend.LayerNormModulate(x, scope.From(Engines.Random(columns, 2), [1, columns]), scope.From(Engines.Random(columns, 3), [1, columns]), 1e-6f, into));

    [Theory, MemberData(nameof(Sizes))]
    public void ChannelNorm_agrees(int rows, int columns)
    {
        Check(rows, columns, (backend, scope, x, into) => backend.ChannelNorm(x, scope.From(Engines.Random(columns, 2), [columns]), true, into));
        Check(rows, columns, (backend, scope, x, into) =>
        {
            backend.ChannelNorm(x, scope.From(Engines.Random(columns, 2), [columns]), false, x);
            backend.Copy(x, into);
        });
    }

    [Theory, MemberData(nameof(Sizes))]
    public void TrueGuidance_agrees(int rows, int columns)
    {
        Check(rows, columns, (backend, scope, x, into) => backend.TrueGuidance(x, scope.From(Engines.Random(rows * columns, 2), [rows, columns]), 4, into));
        Check(rows, columns, (backend, scope, x, into) =>
        {
            backend.Copy(x, into);
            backend.TrueGuidance(into, scope.From(Engines.Random(rows * columns, 2), [rows, columns]), 2.5f, into);
        });
    }

    [Theory]
    [InlineData(9, 3, 32, RotaryLayout.Interleaved, true, true)]
    [InlineData(9, 2, 128, RotaryLayout.HalfSplit, true, true)]
    [InlineData(9, 2, 80, RotaryLayout.HalfSplit, false, true)]
    [InlineData(9, 2, 18, RotaryLayout.Interleaved, false, true)]
    [InlineData(9, 2, 6, RotaryLayout.HalfSplit, true, true)]
    [InlineData(9, 5, 7, RotaryLayout.Interleaved, true, false)]
    public void HeadNormRotary_agrees(int rows, int heads, int dim, RotaryLayout layout, bool norm, bool rotate) =>
        Check(rows, heads * dim, (backend, scope, x, into) =>
        {
            var angles = Engines.Random(rows * (dim / 2), 4, 3);
            var weight = norm ? scope.From(Engines.Random(dim, 2), [dim]) : null;
            var cos = rotate ? scope.From([.. angles.Select(MathF.Cos)], [rows, dim / 2]) : null;
            var sin = rotate ? scope.From([.. angles.Select(MathF.Sin)], [rows, dim / 2]) : null;
            backend.Copy(x, into);
            backend.HeadNormRotary(into, heads, weight, 1e-6f, cos, sin, layout);
        });

    [Fact]
    public void Rotation_turns_the_pairs_of_each_layout()
    {
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            using var scope = new TensorScope(backend);
            var (cos, sin) = (scope.From([0, 1], [1, 2]), scope.From([1, 0], [1, 2]));
            var x = scope.From([1, 2, 3, 4], [1, 4]);
            backend.HeadNormRotary(x, 1, null, 0, cos, sin, RotaryLayout.Interleaved);
            Assert.Equal([-2, 1, 3, 4], x.ToArray(backend));
            var y = scope.From([1, 2, 3, 4], [1, 4]);
            backend.HeadNormRotary(y, 1, null, 0, cos, sin, RotaryLayout.HalfSplit);
            Assert.Equal([-3, 2, 1, 4], y.ToArray(backend));
        }
    }

    [Fact]
    public void A_black_pixel_stays_black()
    {
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            using var scope = new TensorScope(backend);
            var (x, gamma) = (scope.From(new float[40], [5, 8]), scope.From(Engines.Random(8, 1), [8]));
            backend.ChannelNorm(x, gamma, true, x);
            Assert.All(x.ToArray(backend), value => Assert.Equal(0, value));
        }
    }

    private static void Check(int rows, int columns, Action<CpuBackend, TensorScope, Tensor, Tensor> operation) => Engines.Agree(
        backend =>
        {
            using var scope = new TensorScope(backend);
            var x = scope.From(Engines.Random(rows * columns, 1, 2), [rows, columns]);
            var into = scope.Empty([rows, columns]);
            operation(backend, scope, x, into);
            return into.ToArray(backend);
        },
        Tolerance, $"{rows}×{columns}");
}
