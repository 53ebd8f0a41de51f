using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>
/// The causal 3-D convolutions for one frame (docs/model.md 6.1): two of the three temporal slices meet only padding, so the
/// engine keeps the last slice, a 2-D kernel.
/// </summary>
internal static class CausalConv
{
    private const int Kernel = 3;

    public static ConvWeight Load(int outChannels, int inChannels, Weights weights, TensorBackend backend) =>
        backend.LoadConv(weights.Take("weight", outChannels, inChannels, Kernel, Kernel, Kernel), weights.Take("bias", outChannels));

    /// <summary>1×1×1: a linear layer over pixels.</summary>
    public static LinearWeight LoadPointwise(int outChannels, int inChannels, Weights weights, TensorBackend backend) =>
        backend.LoadLinear(weights.Take("weight", outChannels, inChannels, 1, 1, 1), weights.Take("bias", outChannels));
}

/// <summary>norm1 → SiLU → conv1 → norm2 → SiLU → conv2 → + shortcut (docs/model.md 6.2), channels last.</summary>
internal sealed class ResidualBlock : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly Tensor _norm1;
    private readonly ConvWeight _conv1;
    private readonly Tensor _norm2;
    private readonly ConvWeight _conv2;
    private readonly LinearWeight? _shortcut;

    public ResidualBlock(int inChannels, int outChannels, Weights weights, TensorBackend backend)
    {
        _backend = backend;
        _norm1 = backend.LoadVector(weights.Take("norm1.gamma", inChannels, 1, 1, 1));
        _conv1 = CausalConv.Load(outChannels, inChannels, weights.At("conv1"), backend);
        _norm2 = backend.LoadVector(weights.Take("norm2.gamma", outChannels, 1, 1, 1));
        _conv2 = CausalConv.Load(outChannels, outChannels, weights.At("conv2"), backend);
        if (inChannels != outChannels)
        {
            _shortcut = CausalConv.LoadPointwise(outChannels, inChannels, weights.At("conv_shortcut"), backend);
        }
    }

    /// <summary>x [H, W, in] to [H, W, out]. Takes x over: its memory holds the result or is released.</summary>
    public Tensor Run(Tensor x, TensorScope scope)
    {
        var (height, width) = (x.Shape[0], x.Shape[1]);
        var h = scope.Empty(x.Shape);
        _backend.ChannelNorm(x, _norm1, silu: true, h);
        var y = scope.Empty([height, width, _conv1.OutChannels]);
        _backend.Conv2d(h, _conv1, Padding.All(1), 1, y);
        scope.Release(h);
        _backend.ChannelNorm(y, _norm2, silu: true, y);
        if (_shortcut is null)
        {
            _backend.Conv2d(y, _conv2, Padding.All(1), 1, x, residual: x);
            scope.Release(y);
            return x;
        }

        var sum = scope.Empty(y.Shape);
        _backend.Linear(x, _shortcut, sum);
        scope.Release(x);
        _backend.Conv2d(y, _conv2, Padding.All(1), 1, sum, residual: sum);
        scope.Release(y);
        return sum;
    }

    public void Dispose()
    {
        _norm1.Dispose();
        _conv1.Dispose();
        _norm2.Dispose();
        _conv2.Dispose();
        _shortcut?.Dispose();
    }
}

/// <summary>The middle of encoder and decoder, at the coarsest level: residual block, attention, residual block (docs/model.md 6.3).</summary>
internal sealed class MidBlock(int channels, Weights weights, TensorBackend backend) : IDisposable
{
    private readonly ResidualBlock _first = new(channels, channels, weights.At("resnets.0"), backend);
    private readonly MidAttention _attention = new(channels, weights.At("attentions.0"), backend);
    private readonly ResidualBlock _second = new(channels, channels, weights.At("resnets.1"), backend);

    /// <summary>x [H, W, C]. Takes x over.</summary>
    public Tensor Run(Tensor x, TensorScope scope, CancellationToken cancellationToken)
    {
        x = _first.Run(x, scope);
        ComputeProgress.Report(cancellationToken);
        _attention.Run(x);
        ComputeProgress.Report(cancellationToken);
        return _second.Run(x, scope);
    }

    public void Dispose()
    {
        _first.Dispose();
        _attention.Dispose();
        _second.Dispose();
    }
}

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
