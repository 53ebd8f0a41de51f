using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed partial class TorchBackend
{
    public override void Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual = null, bool upsample = false)
    {
        var kernel = weight as TorchConvWeight ?? throw new ArgumentException("the weight belongs to another engine", nameof(weight));
        var (from, to, addend) = Require.Conv2d(x, weight, padding, stride, into, residual, upsample);
        var (top, bottom, left, right) = padding;

        using var scope = Begin();
        var picture = Planes(scope, from, from.Shape).To(ComputeType.Native());
        if (upsample)
        {
            picture = scope.Own(_aten.Upsample(picture.Handle, from.Shape[0] * 2, from.Shape[1] * 2));
        }
        if (top != bottom || left != right)
        {
            picture = scope.Own(_aten.Pad(picture.Handle, left, right, top, bottom));
            (top, left) = (0, 0);
        }
        var result = scope.Own(_aten.Conv2d(picture.Handle, kernel.Kernel, kernel.Bias, stride, top, left));
        if (addend is not null)
        {
            result += Planes(scope, addend, to.Shape);
        }
        result.CopyTo(Planes(scope, to, to.Shape));
    }

    public override void ChannelNorm(Tensor x, Tensor gamma, bool silu, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (factor, to) = (Require.Vector(gamma, columns), Require.Matrix(into, rows, columns));
        if (to.Shape.Count > 0)
        {
            _fused.ChannelNorm(from, factor, silu, to);
        }
    }

    public override void ChannelsLast(Tensor x, Tensor scale, Tensor shift, Tensor into)
    {
        var from = Require.Rank(x, 3, "[C, H, W]");
        var channels = from.Shape[0];
        var (factor, offset) = (Require.Vector(scale, channels), Require.Vector(shift, channels));
        var to = Require.Shaped(into, [from.Shape[1], from.Shape[2], channels]);
        Require.Apart(to, from, nameof(x));
        using var scope = Begin();
        long pixels = (long)from.Shape[1] * from.Shape[2];
        var moved = scope.Strided(from, [pixels, channels], [1, pixels]).Float();
        ((moved * scope.View(factor, channels).Float()) + scope.View(offset, channels).Float()).CopyTo(scope.View(to, pixels, channels));
    }

    public override void ChannelsFirst(Tensor x, Tensor scale, Tensor shift, Tensor into)
    {
        var from = Require.Rank(x, 3, "[H, W, C]");
        var channels = from.Shape[2];
        var (factor, offset) = (Require.Vector(scale, channels), Require.Vector(shift, channels));
        var to = Require.Shaped(into, [channels, from.Shape[0], from.Shape[1]]);
        Require.Apart(to, from, nameof(x));
        using var scope = Begin();
        long pixels = (long)from.Shape[0] * from.Shape[1];
        var moved = scope.Strided(from, [channels, pixels], [1, channels]).Float();
        ((moved * scope.View(factor, channels, 1).Float()) + scope.View(offset, channels, 1).Float()).CopyTo(scope.View(to, channels, pixels));
    }

    public override void ToRgb8(Tensor x, Tensor into)
    {
        var (from, to) = (Require.Float(x), Require.Typed(into, DType.UInt8));
        Require.That(from.Shape.Count == to.Shape.Count, $"into of {from.Shape.Count} elements", to.Shape.ToString());
        using var scope = Begin();
        var value = (scope.View(from, from.Shape.Count).Float() * 0.5) + 0.5;
        var clamped = value.NanToNum(0).Clamp(scope.Number(0), scope.Number(1));
        (clamped * 255.0).Round().CopyTo(scope.View(to, to.Shape.Count));
    }

    /// <summary>A picture [H, W, C] as LibTorch names its axes, [1, C, H, W]; the memory is the same.</summary>
    private static AtenValue Planes(AtenScope scope, TorchTensor tensor, Shape shape)
    {
        long height = shape[0], width = shape[1], channels = shape[2];
        return scope.Strided(tensor, [1, channels, height, width], [height * width * channels, 1, width * channels, channels]);
    }
}
