using QwenMesh.Testing;
using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Torch.Tests;

/// <summary>Products in float8. LibTorch has them on the CPU too.</summary>
public class Float8Tests
{
    // Three bits of mantissa on either side: each number is off by 2.6 % in the mean, a sum of products by 3.7 %.
    private const double Tolerance = 0.05;

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void A_linear_layer_is_near_the_exact_one(int rows)
    {
        var linear = new OperationCase("float8", run => Linear(run, rows, "blocks.0.attn.to_q.weight", null));
        using var backend = TorchEngines.Open(TorchBinding.Stable, DType.BFloat16, float8: Float8Layers.Default);
        var found = linear.RunOn(backend, coarse: true);
        var error = TensorAssert.RelativeError(linear.Expected(coarse: true), found);
        Assert.InRange(error, 0.01, Tolerance); // Less would mean that nothing was rounded to float8.
    }

    [Fact]
    public void Layers_that_no_pattern_names_stay_as_they_are()
    {
        var linear = new OperationCase("bf16", run => Linear(run, 64, "blocks.0.img_mod.1.weight", null));
        using var backend = TorchEngines.Open(TorchBinding.Stable, DType.BFloat16, float8: Float8Layers.Default);
        TensorAssert.Near(linear.Expected(coarse: true), linear.RunOn(backend, coarse: true), linear.BFloat16Tolerance, linear.Name);
    }

    [Fact]
    public void An_adapter_is_added_to_a_float8_layer()
    {
        var linear = new OperationCase("float8", run => Linear(
            run, 40, "blocks.0.attn.to_q.weight", new LowRankAdapter(run.Linear(DType.BFloat16, 8, 512, 7, bias: false), run.Linear(DType.BFloat16, 256, 8, 8, bias: false), 1)));
        using var backend = TorchEngines.Open(TorchBinding.Stable, DType.BFloat16, float8: Float8Layers.Default);
        Assert.InRange(TensorAssert.RelativeError(linear.Expected(coarse: true), linear.RunOn(backend, coarse: true)), 0, Tolerance);
    }

    [Theory]
    [InlineData("transformer_blocks.7.attn.to_out.0.weight", 3072, 3072, true)]
    [InlineData("transformer_blocks.7.img_mlp.net.0.proj.weight", 12288, 3072, true)]
    [InlineData("model.layers.3.self_attn.q_proj.weight", 3584, 3584, true)]
    [InlineData("transformer_blocks.7.img_mod.1.weight", 18432, 3072, false)]
    [InlineData("proj_out.weight", 64, 3072, false)]
    [InlineData("transformer_blocks.7.attn.odd.weight", 3080, 3072, false)]
    [InlineData("transformer_blocks.7.attn.small.weight", 64, 64, false)]
    public void Large_layers_of_attention_and_feed_forward_are_chosen(string name, int outputs, int inputs, bool chosen) =>
        Assert.Equal(chosen, Float8Layers.Default.Includes(name, outputs, inputs));

    [Fact]
    public void Patterns_are_a_list_with_commas()
    {
        var layers = Float8Layers.Parse("*.to_q.*, *mlp*");
        Assert.True(layers.Includes("a.to_q.weight", 512, 512));
        Assert.True(layers.Includes("a.mlp.weight", 512, 512));
        Assert.False(layers.Includes("a.to_k.weight", 512, 512));
    }

    private static float[] Linear(OperationRun run, int rows, string name, LowRankAdapter? adapter)
    {
        var weight = run.Keep(run.Backend.LoadLinear(run.Stored(name, DType.BFloat16, [256, 512], 1), run.Stored("b", DType.Float32, [256], 2)));
        var into = run.Empty([rows, 256]);
        run.Backend.Linear(run.Tensor([rows, 512], 3), weight, into, Activation.None, adapter);
        return run.Read(into);
    }
}
