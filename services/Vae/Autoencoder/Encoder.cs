using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>Picture to moments for one frame (docs/model.md 6.3), for any number of levels. Channels last throughout.</summary>
internal sealed class Encoder : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly ConvWeight _convIn;
    private readonly DownBlock[] _downBlocks;
    private readonly MidBlock _mid;
    private readonly Tensor _normOut;
    private readonly ConvWeight _convOut;

    public Encoder(AutoencoderConfig config, Weights weights, TensorBackend backend)
    {
        _backend = backend;
        _convIn = CausalConv.Load(config.BaseDim, config.InputChannels, weights.At("conv_in"), backend);
        var levels = config.DimMult.Length;
        _downBlocks = new DownBlock[levels];
        // The checkpoint numbers residual blocks and downsamplings of all levels in one list.
        var blocks = weights.At("down_blocks");
        var channels = config.BaseDim;
        for (var i = 0; i < levels; i++)
        {
            var width = config.BaseDim * config.DimMult[i];
            _downBlocks[i] = new DownBlock(
                channels, width, config.NumResBlocks, downsample: i < levels - 1, blocks, first: i * (config.NumResBlocks + 1), backend);
            channels = width;
        }
        _mid = new MidBlock(channels, weights.At("mid_block"), backend);
        _normOut = backend.LoadVector(weights.Take("norm_out.gamma", channels, 1, 1, 1));
        _convOut = CausalConv.Load(2 * config.ZDim, channels, weights.At("conv_out"), backend);
    }

    /// <summary>Pixels [h·f, w·f, 3] in [−1, 1] to [h, w, 2·z_dim].</summary>
    /// <param name="pixels">Taken over.</param>
    /// <param name="scope">Owns the pixels, all intermediate tensors and the result.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public Tensor Run(Tensor pixels, TensorScope scope, CancellationToken cancellationToken)
    {
        var x = scope.Empty([pixels.Shape[0], pixels.Shape[1], _convIn.OutChannels]);
        _backend.Conv2d(pixels, _convIn, Padding.All(1), 1, x);
        scope.Release(pixels);
        foreach (var block in _downBlocks)
        {
            x = block.Run(x, scope, cancellationToken);
        }
        ComputeProgress.Report(cancellationToken);
        x = _mid.Run(x, scope, cancellationToken);

        ComputeProgress.Report(cancellationToken);
        _backend.ChannelNorm(x, _normOut, silu: true, x);
        var moments = scope.Empty([x.Shape[0], x.Shape[1], _convOut.OutChannels]);
        _backend.Conv2d(x, _convOut, Padding.All(1), 1, moments);
        scope.Release(x);
        return moments;
    }

    public void Dispose()
    {
        _convIn.Dispose();
        foreach (var block in _downBlocks)
        {
            block.Dispose();
        }
        _mid.Dispose();
        _normOut.Dispose();
        _convOut.Dispose();
    }
}

/// <summary>One level of the encoder: num_res_blocks residual blocks, then a convolution of stride 2 to half the size.</summary>
internal sealed class DownBlock : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly ResidualBlock[] _resnets;
    private readonly ConvWeight? _downsampler;

    public DownBlock(int inChannels, int outChannels, int resnets, bool downsample, Weights blocks, int first, TensorBackend backend)
    {
        _backend = backend;
        _resnets = new ResidualBlock[resnets];
        for (var j = 0; j < resnets; j++)
        {
            _resnets[j] = new ResidualBlock(j == 0 ? inChannels : outChannels, outChannels, blocks.At(first + j), backend);
        }
        if (downsample)
        {
            // "resample.0" has no parameters: it is the padding.
            var resample = blocks.At(first + resnets).At("resample.1");
            _downsampler = backend.LoadConv(resample.Take("weight", outChannels, outChannels, 3, 3), resample.Take("bias", outChannels));
        }
    }

    /// <summary>x [H, W, in] to [H/2, W/2, out], or [H, W, out] without downsampler. Takes x over.</summary>
    public Tensor Run(Tensor x, TensorScope scope, CancellationToken cancellationToken)
    {
        foreach (var resnet in _resnets)
        {
            ComputeProgress.Report(cancellationToken);
            x = resnet.Run(x, scope);
        }
        if (_downsampler is null)
        {
            return x;
        }
        ComputeProgress.Report(cancellationToken);
        var smaller = scope.Empty([x.Shape[0] / 2, x.Shape[1] / 2, _downsampler.OutChannels]);
        _backend.Conv2d(x, _downsampler, new Padding(Top: 0, Bottom: 1, Left: 0, Right: 1), stride: 2, smaller);
        scope.Release(x);
        return smaller;
    }

    public void Dispose()
    {
        foreach (var resnet in _resnets)
        {
            resnet.Dispose();
        }
        _downsampler?.Dispose();
    }
}
