using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    public override void Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual = null, bool upsample = false)
    {
        var kernel = weight as CpuConvWeight ?? throw new ArgumentException("the weight belongs to another engine", nameof(weight));
        var (from, to, addend) = Require.Conv2d(x, weight, padding, stride, into, residual, upsample);
        var problem = new ConvProblem(
            from.Floats, from.Shape[0], from.Shape[1], kernel, padding.Top, padding.Left, stride, upsample, to.Floats, to.Shape[0], to.Shape[1],
            addend is null ? null : addend.Floats);
        Kernels.Conv2d.Run(_runtime, problem);
    }

    public override void ChannelNorm(Tensor x, Tensor gamma, bool silu, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (factor, to) = (Require.Vector(gamma, columns), Require.Matrix(into, rows, columns));
        _runtime.ForRows(rows, columns, new ChannelNorm(_runtime, from.Floats, factor.Floats, silu, to.Floats, columns));
    }

    public override void ChannelsLast(Tensor x, Tensor scale, Tensor shift, Tensor into)
    {
        var from = Require.Rank(x, 3, "[C, H, W]");
        var channels = from.Shape[0];
        var (factor, offset) = (Require.Vector(scale, channels), Require.Vector(shift, channels));
        var to = Require.Shaped(into, [from.Shape[1], from.Shape[2], channels]);
        Require.Apart(to, from, nameof(x));
        ChannelLayout.ToLast(_runtime, from.Floats, factor.Floats, offset.Floats, to.Floats, channels, from.Shape[1] * from.Shape[2]);
    }

    public override void ChannelsFirst(Tensor x, Tensor scale, Tensor shift, Tensor into)
    {
        var from = Require.Rank(x, 3, "[H, W, C]");
        var channels = from.Shape[2];
        var (factor, offset) = (Require.Vector(scale, channels), Require.Vector(shift, channels));
        var to = Require.Shaped(into, [channels, from.Shape[0], from.Shape[1]]);
        Require.Apart(to, from, nameof(x));
        ChannelLayout.ToFirst(_runtime, from.Floats, factor.Floats, offset.Floats, to.Floats, channels, from.Shape[0] * from.Shape[1]);
    }

    public override void ToRgb8(Tensor x, Tensor into)
    {
        var (from, to) = (Require.Float(x), Require.Typed(into, DType.UInt8));
        Require.That(from.Shape.Count == to.Shape.Count, $"into of {from.Shape.Count} elements", to.Shape.ToString());
        ForElements(from.Shape.Count, new Rgb8(from.Floats, to.Pointer, from.Shape.Count));
    }
}
