using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    public override void Linear(
        Tensor x, LinearWeight weight, Tensor into, Activation activation = Activation.None, LowRankAdapter? adapter = null)
    {
        var (from, matrix, to) = (Require.Columns(x, weight.InFeatures), Weight(weight), Require.Float(into));
        Require.Matrix(into, from.Shape.Rows, weight.OutFeatures);
        Require.Apart(to, from, nameof(x));
        if (adapter is not null)
        {
            ApplyAdapter(from, adapter, weight, EpilogueKind.Store, null, to.Floats);
        }
        var kind = adapter is null ? EpilogueKind.Store : EpilogueKind.AddThenActivate;
        var epilogue = new Epilogue(kind, to.Floats, matrix.OutFeatures, matrix.Bias, null, activation);
        MatMul.Run(_runtime, from.Floats, from.Shape.Rows, matrix, epilogue);
    }

    public override void LinearResidual(Tensor x, LinearWeight weight, Tensor? gate, Tensor residual, LowRankAdapter? adapter = null)
    {
        var (from, matrix) = (Require.Columns(x, weight.InFeatures), Weight(weight));
        var to = Require.Matrix(residual, from.Shape.Rows, weight.OutFeatures);
        var factor = gate is null ? null : Require.Vector(gate, weight.OutFeatures).Floats;
        Require.Apart(to, from, nameof(x));
        var epilogue = new Epilogue(EpilogueKind.AddGated, to.Floats, matrix.OutFeatures, matrix.Bias, factor, Activation.None);
        MatMul.Run(_runtime, from.Floats, from.Shape.Rows, matrix, epilogue);
        if (adapter is not null)
        {
            ApplyAdapter(from, adapter, weight, EpilogueKind.AddGated, factor, to.Floats);
        }
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
        if (gateAdapter is not null || upAdapter is not null)
        {
            AdaptedSwiGlu(from, gate, up, to, gateAdapter, upAdapter);
            return;
        }
        var store = new Epilogue(EpilogueKind.Store, to.Floats, up.OutFeatures, upMatrix.Bias, null, Activation.None);
        MatMul.Run(_runtime, from.Floats, from.Shape.Rows, upMatrix, store);
        var multiply = new Epilogue(EpilogueKind.MultiplySilu, to.Floats, gate.OutFeatures, gateMatrix.Bias, null, Activation.None);
        MatMul.Run(_runtime, from.Floats, from.Shape.Rows, gateMatrix, multiply);
    }

    public override void Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, float scale, bool causal, Tensor into, ReadOnlySpan<int> segments = default)
    {
        var (queries, keys, values, to) = Require.Attention(q, k, v, heads, kvHeads, causal, into, segments);
        var (rows, dim) = (queries.Shape.Rows, queries.Shape.Columns / heads);
        var bounds = segments.IsEmpty ? null : segments.ToArray();
        var problem = new AttentionProblem(
            queries.Floats, keys.Floats, values.Floats, to.Floats, rows, keys.Shape.Rows, heads, kvHeads, dim, scale, causal, bounds);
        Kernels.Attention.Run(_runtime, problem);
    }

    private static CpuLinearWeight Weight(LinearWeight weight) =>
        weight as CpuLinearWeight ?? throw new ArgumentException("the weight belongs to another engine", nameof(weight));
}
