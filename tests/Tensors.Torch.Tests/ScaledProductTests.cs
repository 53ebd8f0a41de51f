using QwenMesh.Tensors.Torch.Native;
using QwenMesh.Testing;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>LibTorch's float8 product as the engine calls it. On the CPU it takes one scale for each matrix.</summary>
public unsafe class ScaledProductTests
{
    [Fact]
    public void Scales_multiply_the_product_of_float8_numbers()
    {
        const int Rows = 16, Inputs = 32, Outputs = 48;
        using var backend = TorchEngines.Open(TorchBinding.Stable, DType.BFloat16);
        using var scope = new AtenScope(backend.Aten);
        // Small integers are exact in float8, their products and sums in BFloat16's eight bits or near them.
        var (x, w) = (Numbers(Rows * Inputs, 1), Numbers(Outputs * Inputs, 2));
        var (left, right) = (Float8(scope, x, Rows, Inputs), Float8(scope, w, Outputs, Inputs));
        var transposed = scope.Own(backend.Aten.View(right.Handle, [Inputs, Outputs], [1, Inputs], 0));
        using var into = (TorchTensor)backend.Empty([Rows, Outputs]);

        backend.Aten.ScaledLinear(left.Handle, transposed.Handle, scope.Number(0.5f).Handle, scope.Number(4).Handle, 0, scope.View(into, Rows, Outputs).Handle);

        var expected = new float[Rows * Outputs];
        for (var i = 0; i < expected.Length; i++)
        {
            for (var k = 0; k < Inputs; k++)
            {
                expected[i] += 2 * x[(i / Outputs * Inputs) + k] * w[(i % Outputs * Inputs) + k];
            }
        }
        var found = new float[expected.Length];
        backend.Read(into, found);
        TensorAssert.Near(expected, found, 3.95e-3, "scaled product");
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(-3, 4))];
    }

    private static AtenValue Float8(AtenScope scope, float[] values, long rows, long columns)
    {
        var into = scope.Empty([rows, columns], AtenType.Float8E4M3);
        fixed (float* data = values)
        {
            scope.Own(scope.Aten.FromMemory((nint)data, [rows, columns], AtenType.Float32)).CopyTo(into);
        }
        return into;
    }
}
