using System.Runtime.CompilerServices;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed partial class TorchBackend
{
    public override void Linear(
        Tensor x, LinearWeight weight, Tensor into, Activation activation = Activation.None, LowRankAdapter? adapter = null)
    {
        var (from, matrix) = (Require.Columns(x, weight.InFeatures), Weight(weight));
        var to = Require.Matrix(into, from.Shape.Rows, weight.OutFeatures);
        Require.Apart(to, from, nameof(x));
        CheckAdapter(adapter, weight);
        if (to.Shape.Count == 0)
        {
            return;
        }
        if (to.DType == ComputeType)
        {
            Product(from, matrix, to, adapter);
            _fused.Activate(to, activation);
            return;
        }
        using var product = Scratch(to.Shape, ComputeType);
        Product(from, matrix, product, adapter);
        _fused.Activate(product, activation);
        Copy(product, to);
    }

    public override void LinearResidual(Tensor x, LinearWeight weight, Tensor? gate, Tensor residual, LowRankAdapter? adapter = null)
    {
        var (from, matrix) = (Require.Columns(x, weight.InFeatures), Weight(weight));
        var to = Require.Matrix(residual, from.Shape.Rows, weight.OutFeatures);
        var factor = gate is null ? null : Require.Vector(gate, weight.OutFeatures);
        Require.Apart(to, from, nameof(x));
        CheckAdapter(adapter, weight);
        if (to.Shape.Count == 0)
        {
            return;
        }
        using var product = Scratch(to.Shape, ComputeType);
        Product(from, matrix, product, adapter);
        _fused.AddGated(product, factor, to);
    }

    public override void LinearSwiGlu(
        Tensor x, LinearWeight gate, LinearWeight up, Tensor into, LowRankAdapter? gateAdapter = null, LowRankAdapter? upAdapter = null)
    {
        var (from, gateMatrix, upMatrix) = (Require.Columns(x, gate.InFeatures), Weight(gate), Weight(up));
        Require.That(
            gate.InFeatures == up.InFeatures && gate.OutFeatures == up.OutFeatures,
            $"up [{gate.OutFeatures}, {gate.InFeatures}]", $"[{up.OutFeatures}, {up.InFeatures}]");
        var to = Require.Matrix(into, from.Shape.Rows, gate.OutFeatures);
        Require.Apart(to, from, nameof(x));
        CheckAdapter(gateAdapter, gate);
        CheckAdapter(upAdapter, up);
        if (to.Shape.Count == 0)
        {
            return;
        }
        using var gated = Scratch(to.Shape, ComputeType);
        Product(from, gateMatrix, gated, gateAdapter);
        if (to.DType == ComputeType)
        {
            Product(from, upMatrix, to, upAdapter);
            _fused.SwiGlu(gated, to);
            return;
        }
        using var product = Scratch(to.Shape, ComputeType);
        Product(from, upMatrix, product, upAdapter);
        _fused.SwiGlu(gated, product);
        Copy(product, to);
    }

    /// <summary>into = x·Wᵀ + b (+ the adapter's share). into is of the compute type.</summary>
    private void Product(TorchTensor x, TorchLinearWeight weight, TorchTensor into, LowRankAdapter? adapter)
    {
        using var scope = Begin();
        var type = ComputeType.Native();
        var from = scope.View(x, x.Shape.Rows, x.Shape.Columns).To(type);
        var to = scope.View(into, into.Shape.Rows, into.Shape.Columns);
        if (weight.Float8 is { } matrix)
        {
            MultiplyFloat8(scope, x, weight, matrix, to);
        }
        else
        {
            _aten.Linear(from.Handle, weight.Matrix, weight.Bias, to.Handle);
        }
        if (adapter is not null)
        {
            var narrow = scope.Empty([x.Shape.Rows, adapter.Rank], type);
            _aten.Linear(from.Handle, Weight(adapter.Down).Matrix, 0, narrow.Handle);
            var up = scope.Own(_aten.View(Weight(adapter.Up).Matrix, [adapter.Rank, into.Shape.Columns], [1, adapter.Rank], 0));
            _aten.AddProduct(narrow.Handle, up.Handle, adapter.Scale, to.Handle);
        }
    }

    private static void CheckAdapter(
        LowRankAdapter? adapter, LinearWeight weight, [CallerMemberName] string operation = "")
    {
        Require.That(
            adapter is null || (adapter.Down.InFeatures == weight.InFeatures && adapter.Up.OutFeatures == weight.OutFeatures),
            $"an adapter of a layer [{weight.OutFeatures}, {weight.InFeatures}]", $"[{adapter?.Up.OutFeatures}, {adapter?.Down.InFeatures}]", operation);
    }

    private static TorchLinearWeight Weight(LinearWeight weight) =>
        weight as TorchLinearWeight ?? throw new ArgumentException("the weight belongs to another engine", nameof(weight));
}
