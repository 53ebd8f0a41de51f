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
