namespace QwenMesh.Tensors.Cpu.Kernels;

/// <summary>
/// One attention: q, into [rows, heads·dim]; k, v [keys, kvHeads·dim]; segments cumulative bounds or null for a single sequence.
/// </summary>
internal readonly unsafe struct AttentionProblem(
    float* q, float* k, float* v, float* into, int rows, int keys, int heads, int kvHeads, int dim, float scale, bool causal, int[]? segments)
{
    public readonly float* Q = q;
    public readonly float* K = k;
    public readonly float* V = v;
    public readonly float* Into = into;
    public readonly int Rows = rows;
    public readonly int Keys = keys;
    public readonly int Heads = heads;
    public readonly int KvHeads = kvHeads;
    public readonly int Dim = dim;
    public readonly float Scale = scale;
    public readonly bool Causal = causal;
    private readonly int[]? _segments = segments;

    public int Segments => _segments is null ? 1 : _segments.Length - 1;

    /// <summary>Queries [RowStart, RowEnd) see keys [KeyStart, KeyEnd).</summary>
    public (int RowStart, int RowEnd, int KeyStart, int KeyEnd) Segment(int index) =>
        _segments is null ? (0, Rows, 0, Keys) : (_segments[index], _segments[index + 1], _segments[index], _segments[index + 1]);

    /// <summary>Key head of a query head.</summary>
    public int KvHead(int head) => head / (Heads / KvHeads);
}
