using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>Latents to picture for one frame (docs/model.md 6.4), for any number of levels. Channels last throughout.</summary>
internal sealed class Decoder : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly ConvWeight _convIn;
    private readonly MidBlock _mid;
    private readonly UpBlock[] _upBlocks;
    private readonly Tensor _normOut;
    private readonly ConvWeight _convOut;

    public Decoder(AutoencoderConfig config, Weights weights, TensorBackend backend)
    {
        _backend = backend;
        var levels = config.DimMult.Length;
        var channels = config.BaseDim * config.DimMult[^1];
        _convIn = CausalConv.Load(channels, config.ZDim, weights.At("conv_in"), backend);
        _mid = new MidBlock(channels, weights.At("mid_block"), backend);
        _upBlocks = new UpBlock[levels];
        for (var i = 0; i < levels; i++)
        {
            var width = config.BaseDim * config.DimMult[levels - 1 - i];
            var upsample = i < levels - 1;
            _upBlocks[i] = new UpBlock(channels, width, config.NumResBlocks + 1, upsample, weights.At($"up_blocks.{i}"), backend);
            channels = upsample ? width / 2 : width;
        }
        _normOut = backend.LoadVector(weights.Take("norm_out.gamma", channels, 1, 1, 1));
        _convOut = CausalConv.Load(config.InputChannels, channels, weights.At("conv_out"), backend);
    }

    /// <summary>z [h, w, z_dim] to pixels [h·f, w·f, 3], nominally in [−1, 1] but not clamped.</summary>
    /// <param name="z">Taken over.</param>
    /// <param name="scope">Owns z, all intermediate tensors and the result.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public Tensor Run(Tensor z, TensorScope scope, CancellationToken cancellationToken)
    {
        var x = scope.Empty([z.Shape[0], z.Shape[1], _convIn.OutChannels]);
        _backend.Conv2d(z, _convIn, Padding.All(1), 1, x);
        scope.Release(z);
        x = _mid.Run(x, scope, cancellationToken);
        foreach (var block in _upBlocks)
        {
            x = block.Run(x, scope, cancellationToken);
        }

        ComputeProgress.Report(cancellationToken);
        _backend.ChannelNorm(x, _normOut, silu: true, x);
        var pixels = scope.Empty([x.Shape[0], x.Shape[1], _convOut.OutChannels]);
        _backend.Conv2d(x, _convOut, Padding.All(1), 1, pixels);
        scope.Release(x);
        return pixels;
    }

    public void Dispose()
    {
        _convIn.Dispose();
        _mid.Dispose();
        foreach (var block in _upBlocks)
        {
            block.Dispose();
        }
        _normOut.Dispose();
        _convOut.Dispose();
    }
}

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
            ComputeProgress.Report(cancellationToken);
            x = resnet.Run(x, scope);
        }
        if (_upsampler is null)
        {
            return x;
        }
        ComputeProgress.Report(cancellationToken);
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
