using QwenMesh.Denoiser.Latents;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Sampling;

/// <summary>Keeps the initial picture outside of a mask, at every noise level (docs/model.md 7.4).</summary>
internal sealed class Inpainting
{
    private readonly TensorBackend _backend;
    private readonly byte[] _mask;
    private readonly float[] _clean;
    private readonly Tensor _maskTokens;
    private readonly Tensor _cleanTokens;
    private readonly Tensor _noiseTokens;

    /// <param name="mask">[H, W]: 1 where the picture is drawn anew.</param>
    /// <param name="clean">[C, H, W]: the initial picture.</param>
    /// <param name="noise">[C, H, W]: the run's noise.</param>
    /// <param name="grid">Their size.</param>
    /// <param name="backend">The engine.</param>
    /// <param name="scope">Owns the tensors.</param>
    public Inpainting(byte[] mask, float[] clean, float[] noise, LatentGrid grid, TensorBackend backend, TensorScope scope)
    {
        (_backend, _mask, _clean) = (backend, mask, clean);
        // One value for a cell, the same in all of its channels.
        var everyChannel = new float[clean.Length];
        for (var i = 0; i < everyChannel.Length; i++)
        {
            everyChannel[i] = mask[i % mask.Length];
        }
        (_maskTokens, _cleanTokens, _noiseTokens) = (Pack(everyChannel), Pack(clean), Pack(noise));

        Tensor Pack(float[] latents)
        {
            var tokens = scope.Empty([grid.Tokens, grid.TokenChannels], DType.Float32);
            PackedLatents.Write(latents, grid, tokens, backend);
            return tokens;
        }
    }

    /// <summary>Outside of the mask the latents become the initial picture with the noise of this level. tokens [L, P].</summary>
    public void Apply(Tensor tokens, float sigma) => _backend.KeepOutside(tokens, _maskTokens, _cleanTokens, _noiseTokens, sigma);

    /// <summary>Outside of the mask the latents [C, H, W] become the initial picture.</summary>
    public void Keep(Span<float> latents)
    {
        for (var i = 0; i < latents.Length; i++)
        {
            latents[i] = _mask[i % _mask.Length] == 0 ? _clean[i] : latents[i];
        }
    }
}
