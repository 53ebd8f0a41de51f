using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>norm → q, k, v → one head over all H·W cells → proj → + input (docs/model.md 6.2).</summary>
internal sealed class MidAttention : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly int _channels;
    private readonly Tensor _norm;
    private readonly LinearWeight _query;
    private readonly LinearWeight _key;
    private readonly LinearWeight _value;
    private readonly LinearWeight _proj;

    public MidAttention(int channels, Weights weights, TensorBackend backend)
    {
        _backend = backend;
        _channels = channels;
        _norm = backend.LoadVector(weights.Take("norm.gamma", channels, 1, 1));
        // Stored as one matrix of consecutive thirds; three layers give attention its inputs without a copy.
        var matrix = weights.Take("to_qkv.weight", 3 * channels, channels, 1, 1);
        var bias = weights.Take("to_qkv.bias", 3 * channels);
        _query = backend.LoadLinear(Third(matrix, 0), Third(bias, 0));
        _key = backend.LoadLinear(Third(matrix, 1), Third(bias, 1));
        _value = backend.LoadLinear(Third(matrix, 2), Third(bias, 2));
        _proj = backend.LoadLinear(weights.Take("proj.weight", channels, channels, 1, 1), weights.Take("proj.bias", channels));
    }

    /// <summary>x [H, W, C], in place.</summary>
    public void Run(Tensor x)
    {
        using var scope = new TensorScope(_backend);
        Shape rows = [x.Shape.Rows, _channels];
        var h = scope.Empty(rows);
        var (q, k, v) = (scope.Empty(rows), scope.Empty(rows), scope.Empty(rows));
        _backend.ChannelNorm(x, _norm, silu: false, h.Reshape(x.Shape));
        _backend.Linear(h, _query, q);
        _backend.Linear(h, _key, k);
        _backend.Linear(h, _value, v);
        _backend.Attention(q, k, v, heads: 1, kvHeads: 1, 1 / MathF.Sqrt(_channels), causal: false, h);
        _backend.LinearResidual(h, _proj, gate: null, x.Reshape(rows));
    }

    public void Dispose()
    {
        _norm.Dispose();
        _query.Dispose();
        _key.Dispose();
        _value.Dispose();
        _proj.Dispose();
    }

    private static HostTensor Third(HostTensor whole, int index)
    {
        int[] dims = [whole.Shape[0] / 3, .. whole.Shape.Dims[1..]];
        var bytes = whole.Bytes.Length / 3; // none when only shapes are recorded
        return new HostTensor(whole.Name, whole.DType, new Shape(dims), whole.Bytes.Slice(index * bytes, bytes));
    }
}
