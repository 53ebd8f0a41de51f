using System.Collections.Concurrent;
using System.Globalization;
using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

/// <summary>Says once for every kind of attention which kernel LibTorch takes for it (cuDNN and flash are the fast ones on a card).</summary>
internal sealed class AttentionLog(Action<string> log)
{
    private readonly ConcurrentDictionary<(int Heads, int KvHeads, int HeadDim, bool Causal), AttentionKernel> _known = new();

    /// <summary>The kernels in use, for diagnosis.</summary>
    public IReadOnlyCollection<AttentionKernel> Kernels => [.. _known.Values];

    public void Note(Aten aten, AtenValue q, AtenValue k, AtenValue v, AttentionProblem problem, AttentionBatch batch)
    {
        var kind = (problem.Heads, problem.KvHeads, problem.HeadDim, problem.Causal);
        if (_known.ContainsKey(kind))
        {
            return;
        }
        var grouped = problem.Heads != problem.KvHeads;
        var kernel = aten.AttentionKernel(q.Handle, k.Handle, v.Handle, problem.Causal, problem.Scale, grouped);
        if (_known.TryAdd(kind, kernel))
        {
            log(string.Create(
                CultureInfo.InvariantCulture,
                $"attention of {problem.Heads}/{problem.KvHeads} heads of {problem.HeadDim} in {problem.Query.DType}, {batch.Rows} rows: {kernel}"));
        }
    }
}
