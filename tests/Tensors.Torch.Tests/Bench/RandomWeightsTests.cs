using System.Runtime.InteropServices;
using QwenMesh.Gpu.Bench;

namespace QwenMesh.Tensors.Torch.Tests.Bench;

public class RandomWeightsTests
{
    [Fact]
    public void A_name_has_the_same_numbers_everywhere_and_another_name_others()
    {
        var first = Values(new RandomWeights().Take("blocks.0.weight", [300, 70]));
        var second = new RandomWeights();
        second.Take("blocks.1.weight", [400, 80]);
        Assert.Equal(first, Values(second.Take("blocks.0.weight", [300, 70])));
        Assert.NotEqual(first, Values(second.Take("blocks.1.weight", [300, 70])));
    }

    [Fact]
    public void They_spread_as_weights_do()
    {
        var values = Values(new RandomWeights().Take("weight", [1000, 1000]));
        Assert.Equal(0, values.Average(), 1e-3);
        Assert.Equal(0.02, Math.Sqrt(values.Average(value => value * value)), 1e-3);
    }

    [Theory, InlineData("txt_norm.weight"), InlineData("blocks.0.attn.norm_q.weight"), InlineData("layers.0.input_layernorm.weight"), InlineData("norm1.gamma")]
    public void Norms_have_ones(string name) => Assert.All(Values(new RandomWeights().Take(name, [40])), value => Assert.Equal(1, value));

    [Fact]
    public void The_linear_layer_that_norm_out_is_has_no_ones() =>
        Assert.DoesNotContain(1f, Values(new RandomWeights().Take("norm_out.linear.weight", [40, 8])));

    private static float[] Values(HostTensor tensor)
    {
        Assert.Equal(DType.BFloat16, tensor.DType);
        Assert.Equal(2 * tensor.Shape.Count, tensor.Bytes.Length);
        return [.. MemoryMarshal.Cast<byte, ushort>(tensor.Bytes.Span).ToArray().Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))];
    }
}
