using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Vae.Autoencoder;

/// <summary>
/// The whole autoencoder for one frame, in the latents' own scale: no statistics are applied (docs/model.md 6). May be used from several
/// threads.
/// </summary>
internal sealed class AutoencoderKLQwenImage : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly Encoder _encoder;
    private readonly LinearWeight _quant;
    private readonly LinearWeight _postQuant;
    private readonly Decoder _decoder;

    /// <param name="config">Sizes.</param>
    /// <param name="weights">The component; what only video needs is not read, anything else must be used.</param>
    /// <param name="backend">Engine.</param>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen or left over.</exception>
    public AutoencoderKLQwenImage(AutoencoderConfig config, Weights weights, TensorBackend backend)
    {
        Config = config;
        _backend = backend;
        _encoder = new Encoder(config, weights.At("encoder"), backend);
        _quant = CausalConv.LoadPointwise(2 * config.ZDim, 2 * config.ZDim, weights.At("quant_conv"), backend);
        _postQuant = CausalConv.LoadPointwise(config.ZDim, config.ZDim, weights.At("post_quant_conv"), backend);
        _decoder = new Decoder(config, weights.At("decoder"), backend);
        weights.EnsureAllTaken([.. UnusedTimeConvs(config)]);
    }

    public AutoencoderConfig Config { get; }

    /// <summary>Pixels [h·f, w·f, 3] in [−1, 1] to the posterior's moments [h, w, 2·z_dim]: mean, then log-variance (not clamped).</summary>
    /// <param name="pixels">Sides are multiples of the scale factor. Taken over.</param>
    /// <param name="scope">Owns the pixels, all intermediate tensors and the result.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public Tensor Encode(Tensor pixels, TensorScope scope, CancellationToken cancellationToken)
    {
        var h = _encoder.Run(pixels, scope, cancellationToken);
        var moments = scope.Empty(h.Shape);
        _backend.Linear(h, _quant, moments);
        scope.Release(h);
        return moments;
    }

    /// <summary>z [h, w, z_dim] to pixels [h·f, w·f, 3], nominally in [−1, 1] but not clamped.</summary>
    /// <param name="z">Taken over.</param>
    /// <param name="scope">Owns z, all intermediate tensors and the result.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public Tensor Decode(Tensor z, TensorScope scope, CancellationToken cancellationToken)
    {
        var h = scope.Empty(z.Shape);
        _backend.Linear(z, _postQuant, h);
        scope.Release(z);
        return _decoder.Run(h, scope, cancellationToken);
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _quant.Dispose();
        _postQuant.Dispose();
        _decoder.Dispose();
    }

    /// <summary>Levels that also change the frame rate have a temporal convolution, which is not applied to a first frame (docs/model.md 6.1).</summary>
    private static IEnumerable<string> UnusedTimeConvs(AutoencoderConfig config)
    {
        var temporal = config.TemporalDownsample;
        for (var i = 0; i < temporal.Length; i++)
        {
            if (temporal[i])
            {
                yield return $"encoder.down_blocks.{(i * (config.NumResBlocks + 1)) + config.NumResBlocks}.time_conv";
            }
            if (temporal[^(i + 1)])
            {
                yield return $"decoder.up_blocks.{i}.upsamplers.0.time_conv";
            }
        }
    }
}
