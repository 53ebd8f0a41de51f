using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed partial class TorchBackend
{
    public override void Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, float scale, bool causal, Tensor into, ReadOnlySpan<int> segments = default)
    {
        var (queries, keys, values, to) = Require.Attention(q, k, v, heads, kvHeads, causal, into, segments);
        var (rows, dim) = (queries.Shape.Rows, queries.Shape.Columns / heads);
        if (rows == 0)
        {
            return;
        }

        var problem = new AttentionProblem(queries, keys, values, to, heads, kvHeads, dim, scale, causal);
        if (segments.IsEmpty)
        {
            Attend(problem, new AttentionBatch(0, 1, rows, keys.Shape.Rows));
            return;
        }
        foreach (var batch in AttentionSegments.Batches(segments))
        {
            Attend(problem, batch);
        }
    }

    /// <summary>Sequences of one length that follow each other: one call of scaled dot product attention, whose batch they are.</summary>
    private void Attend(AttentionProblem problem, AttentionBatch batch)
    {
        using var scope = Begin();
        var type = problem.Query.DType.Native();
        var q = Heads(problem.Query, problem.Heads, batch.Rows).To(type);
        var k = Heads(problem.Key, problem.KvHeads, batch.Keys).To(type);
        var v = Heads(problem.Value, problem.KvHeads, batch.Keys).To(type);
        var grouped = problem.Heads != problem.KvHeads;
        scope.Own(_aten.Attention(q.Handle, k.Handle, v.Handle, problem.Causal, problem.Scale, grouped))
            .CopyTo(Heads(problem.Into, problem.Heads, batch.Rows));

        AtenValue Heads(TorchTensor tensor, long heads, long rows)
        {
            long dim = problem.HeadDim, width = heads * dim;
            return scope.Strided(tensor, [batch.Count, heads, rows, dim], [rows * width, dim, width, 1], batch.Start * width);
        }
    }
}

internal sealed record AttentionProblem(
    TorchTensor Query, TorchTensor Key, TorchTensor Value, TorchTensor Into, int Heads, int KvHeads, int HeadDim, float Scale, bool Causal);
