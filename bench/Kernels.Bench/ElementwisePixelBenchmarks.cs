using BenchmarkDotNet.Attributes;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>What the VAE does to every pixel: many rows of few columns.</summary>
public class ElementwisePixelBenchmarks
{
    private CpuBackend _backend = null!;
    private Tensor _x = null!;
    private Tensor _gamma = null!;
    private Tensor _into = null!;

    public static ElementwiseShape[] Shapes => [new(1 << 20, 8), new(1 << 16, 32)];

    [ParamsSource(nameof(Shapes))]
    public ElementwiseShape Shape { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        var (rows, columns) = Shape;
        _backend = new CpuBackend(new CpuOptions { Threads = Machine.Threads });
        _x = _backend.From(RandomValues.Floats(rows * columns), [rows, columns]);
        _gamma = _backend.From(RandomValues.Floats(columns), [1, columns]);
        _into = _backend.Empty([rows, columns]);
    }

    [Benchmark]
    public void ChannelNorm() => _backend.ChannelNorm(_x, _gamma, silu: false, _into);

    [Benchmark]
    public void ChannelNormSilu() => _backend.ChannelNorm(_x, _gamma, silu: true, _into);

    [GlobalCleanup]
    public void Cleanup()
    {
        _x.Dispose();
        _gamma.Dispose();
        _into.Dispose();
        _backend.Dispose();
    }
}
