using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Loads layers by their checkpoint names and keeps them for disposal.</summary>
internal sealed class LayerLoader(Weights weights, TensorBackend backend, List<IDisposable> owned)
{
    public LayerLoader At(string prefix) => new(weights.At(prefix), backend, owned);

    /// <summary>A linear layer "name.weight" [out, in], "name.bias" [out].</summary>
    public LinearWeight Linear(string name, int outFeatures, int inFeatures)
    {
        var layer = weights.At(name);
        return Keep(backend.LoadLinear(layer.Take("weight", outFeatures, inFeatures), layer.Take("bias", outFeatures)));
    }

    /// <summary>A norm's "name.weight" [size].</summary>
    public Tensor Norm(string name, int size) => Keep(backend.LoadVector(weights.At(name).Take("weight", size)));

    private T Keep<T>(T layer)
        where T : IDisposable
    {
        owned.Add(layer);
        return layer;
    }
}
