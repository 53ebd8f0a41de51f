using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Planning;

/// <summary>A request made definite for its model: the calls that the stages will get.</summary>
internal sealed record GenerationPlan
{
    /// <summary>Nothing in it is null that the model chooses.</summary>
    public required GenerationRequest Request { get; init; }

    public required ServedModel Model { get; init; }

    /// <summary>What the model generates: the size asked for, rounded down to the model's multiple.</summary>
    public required ImageSize Generated { get; init; }

    /// <summary>Decoded pictures that calls send, by their number.</summary>
    public required IReadOnlyList<RgbImage> Inputs { get; init; }

    /// <summary>Once, for all pictures.</summary>
    public required EncodeCall Encode { get; init; }

    /// <summary>Once, for all pictures, at the same time as <see cref="Encode"/>.</summary>
    public required IReadOnlyList<VaeEncodeCall> VaeEncodes { get; init; }

    /// <summary>[latent height, latent width], 0 or 1: what is drawn anew. Null for no mask.</summary>
    public GreyImage? LatentMask { get; init; }

    /// <summary>Put over what was drawn, so that nothing outside the mask changes; null for none.</summary>
    public PictureOverlay? Overlay { get; init; }

    /// <summary>One for each picture.</summary>
    public required IReadOnlyList<PictureCalls> Pictures { get; init; }
}

/// <param name="Parameters">The prompt and, when guided, the negative prompt.</param>
/// <param name="Inputs">Numbers of the pictures that the prompts share.</param>
internal sealed record EncodeCall(EncodeParameters Parameters, IReadOnlyList<int> Inputs)
{
    public bool IsGuided => Parameters.Prompts.Count > 1;
}

/// <param name="Input">Number of the picture.</param>
/// <param name="Size">Size to encode at.</param>
/// <param name="Tensor">Name under which the Denoiser takes the posterior.</param>
/// <param name="Index">Its index there.</param>
internal sealed record VaeEncodeCall(int Input, ImageSize Size, string Tensor, int Index);

/// <summary>A picture's denoising, and the decoding of what it gives.</summary>
/// <param name="Number">Which picture, from 0.</param>
/// <param name="Seed">Its own.</param>
/// <param name="Denoise">Size, schedule, guidance and seed.</param>
internal sealed record PictureCalls(int Number, ulong Seed, DenoiseParameters Denoise);

/// <param name="Original">Of the size that is returned.</param>
/// <param name="Mask">Of that size too; white shows what was drawn.</param>
internal sealed record PictureOverlay(RgbImage Original, GreyImage Mask);
