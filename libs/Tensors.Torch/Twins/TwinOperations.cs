using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>The fused operations in LibTorch's own operators: on the CPU, and what the CUDA kernels are compared with.</summary>
internal sealed partial class TwinOperations(Aten aten) : FusedOperations
{
    public override void Activate(TorchTensor x, Activation activation)
    {
        using var scope = new AtenScope(aten);
        var view = scope.View(x, x.Shape.Count);
        switch (activation)
        {
            case Activation.Silu:
                view.Silu().CopyTo(view);
                break;
            case Activation.GeluTanh:
                view.Gelu(tanh: true).CopyTo(view);
                break;
            case Activation.GeluErf:
                view.Gelu(tanh: false).CopyTo(view);
                break;
        }
    }

    public override void SwiGlu(TorchTensor gate, TorchTensor up)
    {
        using var scope = new AtenScope(aten);
        var into = scope.View(up, up.Shape.Count);
        (scope.View(gate, gate.Shape.Count).Float().Silu() * into.Float()).CopyTo(into);
    }

    public override void AddGated(TorchTensor x, TorchTensor? gate, TorchTensor residual)
    {
        using var scope = new AtenScope(aten);
        var (rows, columns) = (residual.Shape.Rows, residual.Shape.Columns);
        var into = scope.View(residual, rows, columns);
        var term = scope.View(x, rows, columns).Float();
        if (gate is not null)
        {
            term *= scope.View(gate, columns).Float();
        }
        (into.Float() + term).CopyTo(into);
    }

    public override void QuantizeRows(TorchTensor x, Float8Rows into)
    {
        using var scope = new AtenScope(aten);
        QuantizeRows(aten, scope.View(x, x.Shape.Rows, x.Shape.Columns).Handle, into.Handle, into.ScaleHandle);
    }

    /// <summary>Rows of a matrix to float8 e4m3 with a scale each, [rows, 1].</summary>
    public static void QuantizeRows(Aten aten, nint matrix, nint into, nint scales)
    {
        const double Largest = 448;
        const float Smallest = 1e-12f;
        using var scope = new AtenScope(aten);
        var value = scope.Own(aten.To(matrix, AtenType.Float32));
        var scale = value.Abs().Max().AtLeast(scope.Number(Smallest)) * (1 / Largest);
        (value / scale).CopyTo(scope.Borrow(into));
        scale.CopyTo(scope.Borrow(scales));
    }

    public override void TrueGuidance(TorchTensor cond, TorchTensor negative, float scale, TorchTensor into)
    {
        using var scope = new AtenScope(aten);
        var (rows, columns) = (cond.Shape.Rows, cond.Shape.Columns);
        var with = scope.View(cond, rows, columns).Float();
        var without = scope.View(negative, rows, columns).Float();
        var comb = without.Add(with - without, scale);
        var factor = (with * with).Sum().Sqrt() / (comb * comb).Sum().Sqrt();
        (comb * factor).CopyTo(scope.View(into, rows, columns));
    }

    public override void EulerStep(TorchTensor x, TorchTensor v, float dt)
    {
        using var scope = new AtenScope(aten);
        var into = scope.View(x, x.Shape.Count);
        into.Float().Add(scope.View(v, v.Shape.Count).Float(), dt).CopyTo(into);
    }
}
