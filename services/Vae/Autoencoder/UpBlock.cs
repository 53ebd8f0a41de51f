using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>One level of the decoder: num_res_blocks + 1 residual blocks, then nearest ×2 and a convolution to half the channels.</summary>
internal sealed class UpBlock : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly ResidualBlock[] _resnets;
    private readonly ConvWeight? _upsampler;

    public UpBlock(int inChannels, int outChannels, int resnets, bool upsample, Weights weights, TensorBackend backend)
    {
        _backend = backend;
        _resnets = new ResidualBlock[resnets];
        for (var j = 0; j < resnets; j++)
        {
            _resnets[j] = new ResidualBlock(j == 0 ? inChannels : outChannels, outChannels, weights.At($"resnets.{j}"), backend);
        }
        if (upsample)
        {
            // "resample.0" has no parameters: it is the enlargement.
            var resample = weights.At("upsamplers.0.resample.1");
            _upsampler = backend.LoadConv(
                resample.Take("weight", outChannels / 2, outChannels, 3, 3), resample.Take("bias", outChannels / 2));
        }
    }

    /// <summary>x [H, W, in] to [2H, 2W, out/2], or [H, W, out] without upsampler. Takes x over.</summary>
    public Tensor Run(Tensor x, TensorScope scope, CancellationToken cancellationToken)
    {
        foreach (var resnet in _resnets)
        {
            cancellationToken.ThrowIfCancellationRequested();
            x = resnet.Run(x, scope);
        }
        if (_upsampler is null)
        {
            return x;
        }
        cancellationToken.ThrowIfCancellationRequested();
        var larger = scope.Empty([x.Shape[0] * 2, x.Shape[1] * 2, _upsampler.OutChannels]);
        _backend.Conv2d(x, _upsampler, Padding.All(1), 1, larger, upsample: true);
        scope.Release(x);
        return larger;
    }

    public void Dispose()
    {
        foreach (var resnet in _resnets)
        {
            resnet.Dispose();
        }
        _upsampler?.Dispose();
    }
}
