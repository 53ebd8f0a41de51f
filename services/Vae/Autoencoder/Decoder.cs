using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>Latents to picture for one frame (docs/model.md 6.4), for any number of levels. Channels last throughout.</summary>
internal sealed class Decoder : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly AutoencoderConfig _config;
    private readonly LinearWeight _postQuant;
    private readonly ConvWeight _convIn;
    private readonly ResidualBlock _mid0;
    private readonly MidAttention _midAttention;
    private readonly ResidualBlock _mid1;
    private readonly UpBlock[] _upBlocks;
    private readonly Tensor _normOut;
    private readonly ConvWeight _convOut;

    /// <param name="config">Sizes.</param>
    /// <param name="weights">The whole autoencoder; the encoder's half and what only video needs is not read.</param>
    /// <param name="backend">Engine.</param>
    public Decoder(AutoencoderConfig config, Weights weights, TensorBackend backend)
    {
        _config = config;
        _backend = backend;
        _postQuant = CausalConv.LoadPointwise(config.ZDim, config.ZDim, weights.At("post_quant_conv"), backend);

        var decoder = weights.At("decoder");
        var levels = config.DimMult.Length;
        var widest = config.BaseDim * config.DimMult[^1];
        _convIn = CausalConv.Load(widest, config.ZDim, decoder.At("conv_in"), backend);
        _mid0 = new ResidualBlock(widest, widest, decoder.At("mid_block.resnets.0"), backend);
        _midAttention = new MidAttention(widest, decoder.At("mid_block.attentions.0"), backend);
        _mid1 = new ResidualBlock(widest, widest, decoder.At("mid_block.resnets.1"), backend);

        _upBlocks = new UpBlock[levels];
        var channels = widest;
        for (var i = 0; i < levels; i++)
        {
            var width = config.BaseDim * config.DimMult[levels - 1 - i];
            var upsample = i < levels - 1;
            _upBlocks[i] = new UpBlock(channels, width, config.NumResBlocks + 1, upsample, decoder.At($"up_blocks.{i}"), backend);
            channels = upsample ? width / 2 : width;
        }
        _normOut = backend.LoadVector(decoder.Take("norm_out.gamma", channels, 1, 1, 1));
        _convOut = CausalConv.Load(config.InputChannels, channels, decoder.At("conv_out"), backend);
        weights.EnsureAllTaken(["encoder", "quant_conv", .. UnusedTimeConvs(config)]);
    }

    /// <summary>z [h, w, z_dim] to pixels [h·f, w·f, 3], nominally in [−1, 1] but not clamped.</summary>
    /// <param name="z">Latents in the autoencoder's own scale. Taken over.</param>
    /// <param name="scope">Owns z, all intermediate tensors and the result.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public Tensor Run(Tensor z, TensorScope scope, CancellationToken cancellationToken)
    {
        var (height, width) = (z.Shape[0], z.Shape[1]);
        var h = scope.Empty(z.Shape);
        _backend.Linear(z, _postQuant, h);
        scope.Release(z);
        var x = scope.Empty([height, width, _convIn.OutChannels]);
        _backend.Conv2d(h, _convIn, Padding.All(1), 1, x);
        scope.Release(h);

        x = _mid0.Run(x, scope);
        cancellationToken.ThrowIfCancellationRequested();
        _midAttention.Run(x);
        cancellationToken.ThrowIfCancellationRequested();
        x = _mid1.Run(x, scope);
        foreach (var block in _upBlocks)
        {
            x = block.Run(x, scope, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _backend.ChannelNorm(x, _normOut, silu: true, x);
        var pixels = scope.Empty([x.Shape[0], x.Shape[1], _config.InputChannels]);
        _backend.Conv2d(x, _convOut, Padding.All(1), 1, pixels);
        scope.Release(x);
        return pixels;
    }

    public void Dispose()
    {
        _postQuant.Dispose();
        _convIn.Dispose();
        _mid0.Dispose();
        _midAttention.Dispose();
        _mid1.Dispose();
        foreach (var block in _upBlocks)
        {
            block.Dispose();
        }
        _normOut.Dispose();
        _convOut.Dispose();
    }

    /// <summary>Upsamplers that also double time have a temporal convolution, which is not applied to the first frame (docs/model.md 6.1).</summary>
    private static IEnumerable<string> UnusedTimeConvs(AutoencoderConfig config) =>
        Enumerable.Range(0, config.TemporalDownsample.Length)
            .Where(i => config.TemporalDownsample[^(i + 1)])
            .Select(i => $"decoder.up_blocks.{i}.upsamplers.0.time_conv");
}
