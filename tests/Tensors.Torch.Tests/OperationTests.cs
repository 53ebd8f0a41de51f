using QwenMesh.Testing;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>The table of operations on this engine, against the managed engine's plain loops.</summary>
public class OperationTests
{
    public static TheoryData<string> Names => [.. OperationCase.All.Select(operation => operation.Name)];

    [Theory, MemberData(nameof(Names))]
    public void In_Float32(string name)
    {
        var operation = OperationCase.Find(name);
        using var backend = TorchEngines.Stable();
        TensorAssert.Near(operation.Expected(coarse: false), operation.RunOn(backend, coarse: false), operation.Float32Tolerance, name);
    }

    [Theory, MemberData(nameof(Names))]
    public void In_BFloat16(string name)
    {
        var operation = OperationCase.Find(name);
        using var backend = TorchEngines.Stable(DType.BFloat16);
        TensorAssert.Near(operation.Expected(coarse: true), operation.RunOn(backend, coarse: true), operation.BFloat16Tolerance, name);
    }
}
