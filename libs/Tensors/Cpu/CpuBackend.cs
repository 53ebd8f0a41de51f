using QwenMesh.Tensors.Cpu.Simd;

namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// The managed CPU engine: Float32 arithmetic on vectors of 512, 256 or 128 bits, one pool of threads, native pooled memory.
/// Matrices of weights are read where they are stored.
/// </summary>
public sealed partial class CpuBackend : TensorBackend
{
    // The activations of the largest picture of the shipped model fit; a bigger model allocates its largest blocks anew.
    private const long KeptBytesCap = 512L << 20;

    private readonly CpuRuntime _runtime;
    private readonly PackedWeights _packed;
    private int _liveTensors;
    private bool _disposed;

    public CpuBackend(CpuOptions? options = null)
    {
        options ??= new CpuOptions();
        _runtime = new CpuRuntime(
            new WorkerPool(options.Threads ?? Environment.ProcessorCount), new BufferPool(KeptBytesCap), SimdLevels.Choose(options));
        _packed = new PackedWeights(_runtime.Buffers, options.PackedWeightBytes);
    }

    public override string Device => "cpu";

    public override string Description => $"cpu (managed, {Simd}, {Threads} threads)";

    public override DType ComputeType => DType.Float32;

    public override EngineMemory Memory => _runtime.Buffers.Memory;

    public override int LiveTensors => Volatile.Read(ref _liveTensors);

    /// <summary>Threads that an operation may use.</summary>
    public int Threads => _runtime.Workers.Threads;

    /// <summary>Width of the vectors in use, for logs: "Scalar", "Vector128", "Vector256" or "Vector512".</summary>
    public string Simd => _runtime.Simd.ToString();

    internal CpuRuntime Runtime => _runtime;

    public override void ReleaseUnused() => _runtime.Buffers.ReleaseUnused();

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _runtime.Dispose();
        }
        base.Dispose(disposing);
    }
}
