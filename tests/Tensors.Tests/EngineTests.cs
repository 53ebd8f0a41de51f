using QwenMesh.Tensors.Cpu;

namespace QwenMesh.Tensors.Tests;

public class EngineTests
{
    [Fact]
    public void Linear_multiplies_by_the_transposed_matrix()
    {
        using var backend = new CpuBackend();
        float[] weight = [1, 2, 3, 4, 5, 6];
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weight).ToArray();
        using var matrix = backend.LoadLinear(new HostTensor("w", DType.Float32, [2, 3], bytes), null);
        using var x = backend.From([1, 0, -1], [1, 3]);
        using var into = backend.Empty([1, 2]);
        backend.Linear(x, matrix, into);
        var result = new float[2];
        backend.Read(into, result);
        Assert.Equal([-2, -2], result);
    }
}
