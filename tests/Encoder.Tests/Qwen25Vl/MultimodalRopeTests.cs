using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Tensors;
using QwenMesh.Tensors.Cpu;
using QwenMesh.Testing;

namespace QwenMesh.Encoder.Tests.Qwen25Vl;

public sealed class MultimodalRopeTests
{
    [Fact]
    public void Each_section_turns_with_its_coordinate()
    {
        var config = new TextModelConfig(10, 32, 8, 1, 2, 1, 1e-6f, 10_000, [2, 3, 3]);
        using var backend = new CpuBackend();
        using var scope = new TensorScope(backend);
        var (cos, sin) = new MultimodalRope(config).Tables([new(5, 7, 11), new(0, 1, 2)], scope);
        int[] first = [5, 5, 7, 7, 7, 11, 11, 11];
        int[] second = [0, 0, 1, 1, 1, 2, 2, 2];
        var angles = first.Select(Angle).Concat(second.Select(Angle)).ToArray();
        Assert.Equal(new Shape(2, 8), cos.Shape);
        TensorAssert.Close([.. angles.Select(angle => (float)Math.Cos(angle))], TensorAssert.Read(cos, backend), 1e-6);
        TensorAssert.Close([.. angles.Select(angle => (float)Math.Sin(angle))], TensorAssert.Read(sin, backend), 1e-6);

        static double Angle(int position, int frequency) => position * Math.Pow(10_000, -2.0 * frequency / 16);
    }
}
