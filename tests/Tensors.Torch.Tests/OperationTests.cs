using QwenMesh.Testing;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>The table of operations on this engine, against the managed engine's plain loops.</summary>
public abstract class OperationTests
{
    [Fact]
    public void Every_operation_in_Float32() => Check(DType.Float32);

    [Fact]
    public void Every_operation_in_BFloat16() => Check(DType.BFloat16);

    private protected abstract TorchBackend Open(DType computeType);

    private void Check(DType computeType)
    {
        var coarse = computeType == DType.BFloat16;
        var failures = new List<string>();
        using var backend = Open(computeType);
        foreach (var operation in OperationCase.All)
        {
            try
            {
                var found = operation.RunOn(backend, coarse);
                TensorAssert.Near(operation.Expected(coarse), found, coarse ? operation.BFloat16Tolerance : operation.Float32Tolerance, operation.Name);
            }
            catch (Exception error)
            {
                failures.Add(error is Xunit.Sdk.XunitException ? error.Message : $"{operation.Name}: {error}");
            }
        }
        Assert.True(failures.Count == 0, $"{failures.Count} of {OperationCase.All.Count}:\n{string.Join('\n', failures)}");
    }
}

public sealed class StableOperationTests : OperationTests
{
    private protected override TorchBackend Open(DType computeType) => TorchEngines.Open(TorchBinding.Stable, computeType);
}

public sealed class TorchSharpOperationTests : OperationTests
{
    private protected override TorchBackend Open(DType computeType) => TorchEngines.Open(TorchBinding.TorchSharp, computeType);
}

/// <summary>On a card, with the engine's own kernels.</summary>
public sealed class CudaKernelOperationTests : OperationTests
{
    private protected override TorchBackend Open(DType computeType) => TorchEngines.Open(TorchBinding.Auto, computeType, cuda: true);
}

/// <summary>On a card, with LibTorch's operators alone.</summary>
public sealed class CudaTwinOperationTests : OperationTests
{
    private protected override TorchBackend Open(DType computeType) => TorchEngines.Open(TorchBinding.Auto, computeType, cuda: true, kernels: false);
}
