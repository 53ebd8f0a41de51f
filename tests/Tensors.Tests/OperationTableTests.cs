using QwenMesh.Testing;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Tests;

/// <summary>The table of operations that every engine has to pass, on the managed engine at every vector width.</summary>
public class OperationTableTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_operation_agrees_at_every_width(bool coarse)
    {
        foreach (var level in Engines.Levels)
        {
            using var backend = Engines.At(level);
            foreach (var operation in OperationCase.All)
            {
                TensorAssert.Near(operation.Expected(coarse), operation.RunOn(backend, coarse), operation.Float32Tolerance, $"{operation.Name} at {level}");
            }
        }
    }
}
