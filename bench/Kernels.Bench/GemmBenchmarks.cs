using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Kernels.Bench;

/// <summary>y = x·Wᵀ. x [M, K], W [N, K].</summary>
public sealed record GemmShape(int M, int N, int K) : IWorkload
{
    public double Flops => 2.0 * M * N * K;

    public bool Quick => N == K && M * N < 4096 * 3072;

    public override string ToString() => $"{M}×{N}×{K}";
}

/// <summary>
/// Products with weights against OpenBLAS sgemm on the same matrices and threads. Packed once leaves out the rearranging of the weights,
/// which OpenBLAS does in every call; packed per call does it in every call too.
/// </summary>
public unsafe class GemmBenchmarks
{
    private CpuBackend _packed = null!;
    private CpuBackend _unpacked = null!;
    private LinearWeight _packedWeight = null!;
    private LinearWeight _weight = null!;
    private LinearWeight _halfWeight = null!;
    private CpuTensor _x = null!;
    private CpuTensor _into = null!;
    private float[] _weights = [];
    private GCHandle _pinned;

    public static IEnumerable<GemmShape> Shapes =>
        from rows in new[] { 64, 256, 1024, 4096 }
        from columns in new[] { 640, 1024, 3072 }
        from depth in new[] { 640, 1024, 3072 }
        select new GemmShape(rows, columns, depth);

    [ParamsSource(nameof(Shapes))]
    public GemmShape Shape { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        var (m, n, k) = Shape;
        if (OpenBlas.Available)
        {
            OpenBlas.SetThreads(Machine.Threads);
        }
        _packed = new CpuBackend(new CpuOptions { Threads = Machine.Threads });
        _unpacked = new CpuBackend(new CpuOptions { Threads = Machine.Threads, PackedWeightBytes = 0 });
        _weights = RandomValues.Floats(n * k);
        var half = _weights.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray();
        var stored = new HostTensor("w", DType.Float32, [n, k], MemoryMarshal.AsBytes<float>(_weights).ToArray());
        var storedHalf = new HostTensor("w", DType.BFloat16, [n, k], MemoryMarshal.AsBytes<ushort>(half).ToArray());
        _packedWeight = _packed.LoadLinear(stored, null);
        _weight = _unpacked.LoadLinear(stored, null);
        _halfWeight = _unpacked.LoadLinear(storedHalf, null);
        _x = (CpuTensor)_packed.From(RandomValues.Floats(m * k), [m, k]);
        _into = (CpuTensor)_packed.Empty([m, n]);
        _pinned = GCHandle.Alloc(_weights, GCHandleType.Pinned);
    }

    [Benchmark(Baseline = true)]
    public void OpenBlasSgemm() =>
        OpenBlas.Multiply(Shape.M, Shape.N, Shape.K, _x.Floats, (float*)_pinned.AddrOfPinnedObject(), _into.Floats);

    [Benchmark]
    public void PackedOnce() => _packed.Linear(_x, _packedWeight, _into);

    [Benchmark]
    public void PackedPerCall() => _unpacked.Linear(_x, _weight, _into);

    [Benchmark]
    public void Bf16PerCall() => _unpacked.Linear(_x, _halfWeight, _into);

    [GlobalCleanup]
    public void Cleanup()
    {
        _pinned.Free();
        _x.Dispose();
        _into.Dispose();
        _packedWeight.Dispose();
        _weight.Dispose();
        _halfWeight.Dispose();
        _packed.Dispose();
        _unpacked.Dispose();
    }
}
