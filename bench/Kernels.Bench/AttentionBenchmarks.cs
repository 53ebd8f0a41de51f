using BenchmarkDotNet.Attributes;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>Rows that see one another, in heads of a width; a causal row sees itself and those before it.</summary>
public sealed record AttentionShape(int Rows, int Heads, int KvHeads, int Width, bool Causal = false) : IWorkload
{
    public double Flops => 4.0 * Rows * Rows * Heads * Width * (Causal ? 0.5 : 1);

    public override string ToString() => $"{Rows} rows, {Heads}:{KvHeads} heads of {Width}{(Causal ? ", causal" : "")}";
}

/// <summary>Attention at the models' sizes.</summary>
public class AttentionBenchmarks
{
    private CpuBackend _backend = null!;
    private Tensor _q = null!;
    private Tensor _k = null!;
    private Tensor _v = null!;
    private Tensor _into = null!;

    public static AttentionShape[] Shapes =>
    [
        new(288, 5, 5, 32), new(1024, 1, 1, 64), new(1024, 28, 4, 128, Causal: true), new(1024, 24, 24, 128), new(2048, 8, 8, 128),
        new(1024, 16, 16, 80), new(2048, 1, 1, 384),
    ];

    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        var (rows, heads, kvHeads, width, _) = Shape;
        _backend = new CpuBackend(new CpuOptions { Threads = Machine.Threads });
        _q = _backend.From(RandomValues.Floats(rows * heads * width), [rows, heads * width]);
        _k = _backend.From(RandomValues.Floats(rows * kvHeads * width), [rows, kvHeads * width]);
        _v = _backend.From(RandomValues.Floats(rows * kvHeads * width), [rows, kvHeads * width]);
        _into = _backend.Empty([rows, heads * width]);
    }

    [Benchmark]
    public void Attention() =>
        _backend.Attention(_q, _k, _v, Shape.Heads, Shape.KvHeads, 1 / MathF.Sqrt(Shape.Width), Shape.Causal, _into);

    [GlobalCleanup]
    public void Cleanup()
    {
        _q.Dispose();
        _k.Dispose();
        _v.Dispose();
        _into.Dispose();
        _backend.Dispose();
    }
}
