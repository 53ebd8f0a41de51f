using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Tensors.Torch.Native;
using QwenMesh.Testing;

namespace QwenMesh.Tensors.Torch.Tests.HostKernels;

/// <summary>Our kernels, run on the host, against their twins: sizes, types and addresses that the table of operations does not have.</summary>
public sealed class HostKernelTests : IDisposable
{
    private readonly HostKernelLauncher _launcher = HostKernelLauncher.OrSkip();
    private readonly TorchBackend _backend;
    private readonly TwinOperations _twins;
    private readonly KernelOperations _kernels;
    private readonly TensorScope _scope;

    public HostKernelTests()
    {
        var aten = new StableAten(TorchEngines.Loaded(), TorchDevice.Cpu, new NativeFailures(TorchDevice.Cpu, () => null));
        _twins = new TwinOperations(aten);
        _kernels = new KernelOperations(_launcher, _twins);
        _backend = new TorchBackend(aten, new TorchSettings(), _twins, "twins");
        _scope = new TensorScope(_backend);
    }

    public static TheoryData<int, RotaryLayout, bool, DType> Heads
    {
        get
        {
            var data = new TheoryData<int, RotaryLayout, bool, DType>();
            foreach (var dim in new[] { 2, 4, 6, 18, 64, 80, 128, 130, 132, 600 })
            {
                foreach (var layout in new[] { RotaryLayout.Interleaved, RotaryLayout.HalfSplit })
                {
                    data.Add(dim, layout, true, DType.BFloat16);
                    data.Add(dim, layout, false, DType.Float32);
                }
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Heads))]
    public void Heads_of_every_size_are_normed_and_turned(int dim, RotaryLayout layout, bool norm, DType type)
    {
        const int Rows = 3, Count = 5;
        var (weight, cos, sin) = (norm ? Random([dim]) : null, Random([Rows, dim / 2]), Random([Rows, dim / 2]));
        Compare(type, [Rows, Count * dim], 0, (operations, x) => operations.HeadNormRotary(x, Count, weight, 1e-6f, cos, sin, layout));
        Assert.Single(_launcher.Launches);
    }

    // 1 element past an address that is a multiple of 16, and rows of it.
    [Theory, InlineData(1), InlineData(2), InlineData(4), InlineData(8)]
    public void Any_address_will_do(int offset)
    {
        foreach (var type in new[] { DType.Float32, DType.BFloat16 })
        {
            var (shift, scale, weight) = (Random([1, 64], type), Random([1, 64], type), Random([64]));
            var (cos, sin) = (Random([4, 16]), Random([4, 16]));
            Compare(type, [4, 64], offset, (operations, x) => operations.LayerNormModulate(x, shift, scale, 1e-6f, x));
            Compare(type, [4, 64], offset, (operations, x) => operations.RmsNorm(x, weight, 1e-6f, x));
            Compare(type, [4, 64], offset, (operations, x) => operations.ChannelNorm(x, weight, true, x));
            Compare(type, [4, 64], offset, (operations, x) => operations.HeadNormRotary(x, 2, null, 1e-6f, cos, sin, RotaryLayout.Interleaved));
            Compare(type, [4, 64], offset, (operations, x) => operations.Activate(x, Activation.GeluTanh));
            Compare(type, [4, 64], offset, (operations, x) => operations.SwiGlu(Random([4, 64], type), x));
            Compare(type, [4, 64], offset, (operations, x) => operations.AddGated(Random([4, 64], type), shift, x));
            Compare(type, [4, 64], offset, (operations, x) => operations.AddGated(Random([4, 64], type), null, x));
            Compare(type, [4, 64], offset, (operations, x) => operations.TrueGuidance(x, Random([4, 64], type), 4, x));
        }
    }

    [Theory, InlineData(DType.Float32, DType.Float32), InlineData(DType.BFloat16, DType.BFloat16), InlineData(DType.Float32, DType.BFloat16)]
    public void An_Euler_step_takes_a_velocity_of_either_type(DType latents, DType velocity)
    {
        Compare(latents, [7, 33], 0, (operations, x) => operations.EulerStep(x, Random([7, 33], velocity), -0.03f));
        Assert.Single(_launcher.Launches);
    }

    [Fact]
    public void Rows_that_do_not_fit_a_block_go_to_the_twin()
    {
        var (shift, scale) = (Random([1, 20_001]), Random([1, 20_001]));
        Compare(DType.Float32, [2, 20_001], 0, (operations, x) => operations.LayerNormModulate(x, shift, scale, 1e-6f, x));
        Assert.Empty(_launcher.Launches);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _backend.Dispose();
    }

    /// <summary>Runs an operation in place on the same numbers, by kernel and by twin, from an element of a larger tensor on.</summary>
    private void Compare(DType type, Shape shape, int offset, Action<FusedOperations, TorchTensor> operation)
    {
        var (kernel, twin) = (Run(_kernels), Run(_twins));
        TensorAssert.Near(twin, kernel, type == DType.Float32 ? 1e-6 : 3e-3, $"{type} {shape} from element {offset}");

        float[] Run(FusedOperations operations)
        {
            var count = (int)shape.Count;
            var whole = _scope.From(Values(offset + count, 1), [offset + count, 1], type);
            operation(operations, (TorchTensor)whole.Rows(offset, count).Reshape(shape));
            var values = new float[offset + count];
            _backend.Read(whole, values);
            return values;
        }
    }

    private TorchTensor Random(Shape shape, DType type = DType.Float32) => (TorchTensor)_scope.From(Values((int)shape.Count, 2), shape, type);

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2)];
    }
}
