using QwenMesh.Gateway.Routing;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Profiles;

/// <summary>What the stages have loaded, checked to belong together, and the profile for it.</summary>
/// <param name="Name">Of its deployment (Stages:Models); empty for the default.</param>
internal sealed record ServedModel(string Name, ModelProfile Profile, ModelInfo Encoder, ModelInfo Denoiser, ModelInfo Vae, StagePools Pools)
{
    public string ModelId => Denoiser.ModelId;

    /// <summary>Pixels per latent cell and side.</summary>
    public int ScaleFactor => Vae.Vae.ScaleFactor;

    /// <summary>Sides of generated pictures are multiples of it: the VAE's scale factor times the Denoiser's patch size.</summary>
    public int Multiple => MultipleOf(Denoiser, Vae);

    public static int MultipleOf(ModelInfo denoiser, ModelInfo vae) => vae.Vae.ScaleFactor * denoiser.Denoiser.PatchSize;

    /// <summary>Whether the stages have the same loaded. A profile is made anew for every question, where none is written for the model.</summary>
    public bool IsSame(ServedModel other) => Profile.Id == other.Profile.Id && Pools.IsSame(other.Pools)
        && Encoder.Equals(other.Encoder) && Denoiser.Equals(other.Denoiser) && Vae.Equals(other.Vae);

    /// <summary>Why the three cannot work together; null when they can.</summary>
    public static string? Mismatch(ModelInfo encoder, ModelInfo denoiser, ModelInfo vae)
    {
        if (encoder.Encoder is null || denoiser.Denoiser is null || vae.Vae is null)
        {
            return "a stage describes itself as another kind of stage; check the addresses under Stages";
        }
        if (encoder.Encoder.HiddenSize != denoiser.Denoiser.JointAttentionDim)
        {
            return $"the encoder's embeddings are {encoder.Encoder.HiddenSize} wide, the denoiser takes {denoiser.Denoiser.JointAttentionDim}";
        }
        if (denoiser.Denoiser.LatentChannels != vae.Vae.LatentChannels)
        {
            return $"the denoiser's latents have {denoiser.Denoiser.LatentChannels} channels, the vae takes {vae.Vae.LatentChannels}";
        }
        return vae.Vae.ScaleFactor < 1 || denoiser.Denoiser.PatchSize < 1 ? "scale factor and patch size must be at least 1" : null;
    }
}

/// <summary>Where each stage's calls of a model go.</summary>
internal sealed record StagePools(StagePool Encoder, StagePool Denoiser, StagePool Vae)
{
    public IEnumerable<StagePool> All => [Encoder, Denoiser, Vae];

    public bool IsSame(StagePools other) => All.SelectMany(pool => pool.Clusters).SequenceEqual(other.All.SelectMany(pool => pool.Clusters), StringComparer.Ordinal);
}
