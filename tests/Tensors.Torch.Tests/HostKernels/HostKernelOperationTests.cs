using QwenMesh.Tensors.Torch.Cuda;
using QwenMesh.Tensors.Torch.Native;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Torch.Tests.HostKernels;

/// <summary>The table of operations with our kernels, run on the host: their arithmetic, arguments and grids.</summary>
public sealed class HostKernelOperationTests : OperationTests
{
    [Fact]
    public void The_table_runs_every_kernel()
    {
        var launcher = HostKernelLauncher.OrSkip();
        foreach (var type in new[] { DType.Float32, DType.BFloat16 })
        {
            using var backend = Open(type, launcher);
            foreach (var operation in OperationCase.All)
            {
                operation.RunOn(backend, coarse: true);
            }
        }
        // Latents are Float32 and float8 is nobody's activations: what is left has tests of its own.
        var left = HostCompiler.Kernels.Where(name => name.StartsWith("quantize", StringComparison.Ordinal)).Append("euler_step_bf16");
        Assert.Equal(HostCompiler.Kernels.Except(left).Order(), launcher.Launches.Keys.Order());
    }

    private protected override TorchBackend Open(DType computeType) => Open(computeType, HostKernelLauncher.OrSkip());

    private static TorchBackend Open(DType computeType, IKernelLauncher launcher)
    {
        var aten = new StableAten(TorchEngines.Loaded(), TorchDevice.Cpu, new NativeFailures(TorchDevice.Cpu, () => null));
        return new TorchBackend(aten, new TorchSettings { ComputeType = computeType }, new KernelOperations(launcher, new TwinOperations(aten)), "kernels on the host");
    }
}
