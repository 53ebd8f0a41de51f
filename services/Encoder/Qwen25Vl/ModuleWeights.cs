using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>Weights below a prefix of the checkpoint, loaded into an engine. The root owns everything that was loaded below it.</summary>
internal sealed class ModuleWeights : IDisposable
{
    private readonly Weights _weights;
    private readonly List<IDisposable> _loaded;

    public ModuleWeights(Weights weights, TensorBackend backend)
        : this(weights, backend, [])
    {
    }

    private ModuleWeights(Weights weights, TensorBackend backend, List<IDisposable> loaded) => (_weights, Backend, _loaded) = (weights, backend, loaded);

    public TensorBackend Backend { get; }

    public ModuleWeights At(string prefix) => new(_weights.At(prefix), Backend, _loaded);

    public ModuleWeights At(int index) => new(_weights.At(index), Backend, _loaded);

    public bool Has(string name) => _weights.Has(name);

    public EmbeddingTable Embedding(string name, int vocabulary, int size) =>
        Own(Backend.LoadEmbedding(_weights.Take($"{name}.weight", vocabulary, size)));

    /// <summary>The weight of an RMS norm.</summary>
    public Tensor Norm(string name, int size) => Own(Backend.LoadVector(_weights.Take($"{name}.weight", size)));

    public LinearWeight Linear(string name, int inputs, int outputs, bool bias) => Own(Backend.LoadLinear(
        _weights.Take($"{name}.weight", outputs, inputs), bias ? _weights.Take($"{name}.bias", outputs) : null));

    /// <summary>A convolution whose kernel is as large as its stride: a linear layer of a whole patch. <paramref name="kernel"/> is [out, ...].</summary>
    public LinearWeight PatchLinear(string name, params ReadOnlySpan<int> kernel)
    {
        var stored = _weights.Take($"{name}.weight", kernel);
        return Own(Backend.LoadLinear(stored with { Shape = [kernel[0], checked((int)(stored.Shape.Count / kernel[0]))] }, null));
    }

    /// <summary>Equal linear layers that are stored as one, their outputs one after the other.</summary>
    public LinearWeight[] FusedLinear(string name, int inputs, int outputs, int parts)
    {
        var (weight, bias) = (_weights.Take($"{name}.weight", outputs * parts, inputs), _weights.Take($"{name}.bias", outputs * parts));
        return [.. Enumerable.Range(0, parts).Select(part => Own(Backend.LoadLinear(Part(weight, part, parts), Part(bias, part, parts))))];
    }

    public void Dispose()
    {
        _loaded.ForEach(loaded => loaded.Dispose());
        _loaded.Clear();
    }

    private static HostTensor Part(HostTensor whole, int part, int parts)
    {
        var bytes = whole.Bytes.Length / parts;
        ReadOnlySpan<int> dims = [whole.Shape[0] / parts, .. whole.Shape.Dims[1..]];
        return whole with { Shape = new Shape(dims), Bytes = whole.Bytes.Slice(part * bytes, bytes) };
    }

    private T Own<T>(T loaded)
        where T : IDisposable
    {
        _loaded.Add(loaded);
        return loaded;
    }
}
