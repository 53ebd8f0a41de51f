using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed partial class TwinOperations
{
    private const float SmallestNorm = 1e-12f;

    public override void RmsNorm(TorchTensor x, TorchTensor weight, float eps, TorchTensor into)
    {
        using var scope = new AtenScope(aten);
        var (rows, columns) = (x.Shape.Rows, x.Shape.Columns);
        var value = scope.View(x, rows, columns).Float();
        Rms(value, scope.View(weight, columns), eps).CopyTo(scope.View(into, rows, columns));
    }

    public override void LayerNormModulate(TorchTensor x, TorchTensor shift, TorchTensor scale, float eps, TorchTensor into)
    {
        using var scope = new AtenScope(aten);
        var (rows, columns) = (x.Shape.Rows, x.Shape.Columns);
        var factor = scope.View(scale, columns).Float() + 1.0;
        var offset = scope.View(shift, columns).Float();
        var value = scope.View(x, rows, columns).Float();
        scope.Own(aten.LayerNorm(value.Handle, columns, factor.Handle, offset.Handle, eps)).CopyTo(scope.View(into, rows, columns));
    }

    public override void HeadNormRotary(
        TorchTensor x, int heads, TorchTensor? weight, float eps, TorchTensor? cos, TorchTensor? sin, RotaryLayout layout)
    {
        using var scope = new AtenScope(aten);
        long rows = x.Shape.Rows, dim = x.Shape.Columns / heads;
        var into = scope.View(x, rows, heads, dim);
        var value = into.Float();
        if (weight is not null)
        {
            value = Rms(value, scope.View(weight, dim), eps);
        }
        if (cos is null || sin is null)
        {
            value.CopyTo(into);
            return;
        }
        long half = dim / 2, step = layout == RotaryLayout.Interleaved ? 2 : 1, second = layout == RotaryLayout.Interleaved ? 1 : half;
        var (c, s) = (scope.View(cos, rows, 1, half).Float(), scope.View(sin, rows, 1, half).Float());
        var (a, b) = (Part(value, 0), Part(value, second));
        // Both before either is written: the parts may lie in x itself.
        var (turnedA, turnedB) = ((a * c) - (b * s), (a * s) + (b * c));
        turnedA.CopyTo(Part(into, 0));
        turnedB.CopyTo(Part(into, second));

        AtenValue Part(AtenValue whole, long offset) => scope.Own(aten.View(whole.Handle, [rows, heads, half], [heads * dim, dim, step], offset));
    }

    public override void ChannelNorm(TorchTensor x, TorchTensor gamma, bool silu, TorchTensor into)
    {
        using var scope = new AtenScope(aten);
        var (rows, columns) = (x.Shape.Rows, x.Shape.Columns);
        var value = scope.View(x, rows, columns).Float();
        var norm = (value * value).Sum().Sqrt().AtLeast(scope.Number(SmallestNorm));
        var normed = value / norm * Math.Sqrt(columns) * scope.View(gamma, columns).Float();
        (silu ? normed.Silu() : normed).CopyTo(scope.View(into, rows, columns));
    }

    private static AtenValue Rms(AtenValue x, AtenValue weight, float eps) => x * ((x * x).Mean() + eps).Rsqrt() * weight.Float();
}
