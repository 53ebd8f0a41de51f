using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

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
