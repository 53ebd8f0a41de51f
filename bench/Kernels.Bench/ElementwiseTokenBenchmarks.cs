using BenchmarkDotNet.Attributes;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>What the transformers do to every token beside products: bound by memory or by the exponential.</summary>
public class ElementwiseTokenBenchmarks
{
    private CpuBackend _backend = null!;
    private int _width;
    private Tensor _x = null!;
    private Tensor _other = null!;
    private Tensor _into = null!;
    private Tensor _row = null!;
    private Tensor _ones = null!;
    private Tensor _cos = null!;
    private Tensor _sin = null!;

    public static ElementwiseShape[] Shapes => [new(256, 160), new(1024, 3072)];

    [ParamsSource(nameof(Shapes))]
    public ElementwiseShape Shape { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        var (rows, columns) = Shape;
        _width = columns == 160 ? 32 : 128;
        _backend = new CpuBackend(new CpuOptions { Threads = Machine.Threads });
        _x = _backend.From(RandomValues.Floats(rows * columns), [rows, columns]);
        _other = _backend.From(RandomValues.Floats(rows * columns), [rows, columns]);
        _into = _backend.From(RandomValues.Floats(rows * columns), [rows, columns]);
        _row = _backend.From(RandomValues.Floats(columns), [1, columns]);
        _ones = _backend.From([.. Enumerable.Repeat(1f, _width)], [_width]);
        // True rotations: anything else would make the operation, which is in place, drift to denormal numbers.
        var angles = RandomValues.Floats(rows * _width / 2);
        _cos = _backend.From([.. angles.Select(MathF.Cos)], [rows, _width / 2]);
        _sin = _backend.From([.. angles.Select(MathF.Sin)], [rows, _width / 2]);
    }

    [Benchmark]
    public void RmsNorm() => _backend.RmsNorm(_x, _row, 1e-6f, _into);

    [Benchmark]
    public void LayerNormModulated() => _backend.LayerNormModulate(_x, _row, _row, 1e-6f, _into);

    [Benchmark]
    public void Silu() => _backend.Silu(_x, _into);

    [Benchmark]
    public void Guidance() => _backend.TrueGuidance(_x, _other, 4, _into);

    [Benchmark]
    public void HeadNormRotary() =>
        _backend.HeadNormRotary(_other, Shape.Columns / _width, _ones, 1e-6f, _cos, _sin, RotaryLayout.Interleaved);

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var tensor in new[] { _x, _other, _into, _row, _ones, _cos, _sin })
        {
            tensor.Dispose();
        }
        _backend.Dispose();
    }
}
