using System.Numerics.Tensors;
using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <summary>Writes or adds scale·(x·downᵀ)·upᵀ. The rank is small, so both products are cheap beside the layer's own.</summary>
    private void ApplyAdapter(CpuTensor x, LowRankAdapter adapter, LinearWeight layer, EpilogueKind kind, float* gate, float* into)
    {
        Require.That(
            adapter.Down.InFeatures == layer.InFeatures && adapter.Up.OutFeatures == layer.OutFeatures,
            $"an adapter of a layer [{layer.OutFeatures}, {layer.InFeatures}]", $"[{adapter.Up.OutFeatures}, {adapter.Down.InFeatures}]", nameof(Linear));
        var (rows, down, up) = (x.Shape.Rows, Weight(adapter.Down), Weight(adapter.Up));
        using var inner = _runtime.Floats((long)rows * adapter.Rank);
        MatMul.Run(_runtime, x.Floats, rows, down, new Epilogue(EpilogueKind.Store, inner.Pointer, adapter.Rank, null, null, Activation.None));
        var scaled = new Span<float>(inner.Pointer, checked(rows * adapter.Rank));
        TensorPrimitives.Multiply(scaled, adapter.Scale, scaled);
        MatMul.Run(_runtime, inner.Pointer, rows, up, new Epilogue(kind, into, layer.OutFeatures, null, gate, Activation.None));
    }

    private void AdaptedSwiGlu(
        CpuTensor x, LinearWeight gate, LinearWeight up, CpuTensor into, LowRankAdapter? gateAdapter, LowRankAdapter? upAdapter)
    {
        using var gated = (CpuTensor)Empty(into.Shape);
        Linear(x, gate, gated, Activation.Silu, gateAdapter);
        Linear(x, up, into, Activation.None, upAdapter);
        var columns = into.Shape.Columns;
        _runtime.ForRows(into.Shape.Rows, columns, (start, count) =>
        {
            var (offset, elements) = ((long)start * columns, checked(count * columns));
            var product = new Span<float>(into.Floats + offset, elements);
            TensorPrimitives.Multiply(product, new ReadOnlySpan<float>(gated.Floats + offset, elements), product);
        });
    }
}
