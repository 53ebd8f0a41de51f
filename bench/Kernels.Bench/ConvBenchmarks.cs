using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>A convolution of a square picture; stride 2 halves it, upsampling doubles it first.</summary>
public sealed record ConvShape(int Side, int In, int Out, int Kernel = 3, int Stride = 1, bool Upsample = false) : IWorkload
{
    public int OutSide => Upsample ? Side * 2 : Side / Stride;

    public double Flops => 2.0 * OutSide * OutSide * Out * In * Kernel * Kernel;

    public double Bytes(string benchmark) => 4.0 * (((double)Side * Side * In) + ((double)OutSide * OutSide * Out));

    public override string ToString() =>
        $"{Side}×{Side}, {In} to {Out}, {Kernel}×{Kernel}" + (Stride > 1 ? $", stride {Stride}" : "") + (Upsample ? ", upsampled" : "");
}

/// <summary>Convolutions of the shipped model's VAE at 1024×1024, and of the released one's at sizes that a small machine can hold.</summary>
public class ConvBenchmarks
{
    private CpuBackend _backend = null!;
    private ConvWeight _weight = null!;
    private Padding _padding;
    private Tensor _x = null!;
    private Tensor _into = null!;

    public static ConvShape[] Shapes =>
    [
        new(32, 16, 64), new(64, 64, 64), new(128, 64, 64), new(256, 32, 32), new(512, 16, 16), new(1024, 8, 8), new(1024, 8, 3),
        new(512, 16, 8, Upsample: true), new(256, 32, 16, Upsample: true), new(1024, 3, 8), new(1024, 8, 8, Stride: 2),
        new(512, 16, 8, Kernel: 1), new(128, 96, 96), new(64, 192, 192), new(32, 384, 384),
    ];

    [ParamsSource(nameof(Shapes))]
    public ConvShape Shape { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        var (side, inputs, outputs, kernel, stride, _) = Shape;
        _backend = new CpuBackend(new CpuOptions { Threads = Machine.Threads });
        var weights = MemoryMarshal.AsBytes<float>(RandomValues.Floats(outputs * inputs * kernel * kernel)).ToArray();
        _weight = _backend.LoadConv(new HostTensor("w", DType.Float32, [outputs, inputs, kernel, kernel], weights), null);
        _padding = stride == 2 ? new Padding(0, 1, 0, 1) : Padding.All(kernel / 2);
        _x = _backend.From(RandomValues.Floats(side * side * inputs), [side, side, inputs]);
        _into = _backend.Empty([Shape.OutSide, Shape.OutSide, outputs]);
    }

    [Benchmark]
    public void Conv2d() => _backend.Conv2d(_x, _weight, _padding, Shape.Stride, _into, upsample: Shape.Upsample);

    [GlobalCleanup]
    public void Cleanup()
    {
        _x.Dispose();
        _into.Dispose();
        _weight.Dispose();
        _backend.Dispose();
    }
}
