namespace QwenMesh.TensorWire;

/// <summary>The tensors of one direction of one call, complete. Disposing disposes those that were not taken out.</summary>
public sealed class ReceivedTensors : IDisposable
{
    private readonly List<WireTensor> _tensors;

    internal ReceivedTensors(List<WireTensor> tensors) => _tensors = tensors;

    public IReadOnlyList<WireTensor> All => _tensors;

    /// <summary>The tensor of this name and index; null when it was not sent.</summary>
    public WireTensor? Find(string name, int index = 0) =>
        _tensors.Find(tensor => tensor.Index == index && string.Equals(tensor.Name, name, StringComparison.Ordinal));

    /// <summary>The tensor of this name and index.</summary>
    /// <exception cref="WireFormatException">It was not sent.</exception>
    public WireTensor Demand(string name, int index = 0) =>
        Find(name, index) ?? throw new WireFormatException($"tensor {WireTensor.Label(name, (uint)index)} is missing");

    /// <summary>All of this name, in the order of their indices.</summary>
    /// <exception cref="WireFormatException">The indices are not 0, 1, 2 and so on.</exception>
    public IReadOnlyList<WireTensor> Series(string name)
    {
        var series = _tensors.Where(tensor => string.Equals(tensor.Name, name, StringComparison.Ordinal)).OrderBy(tensor => tensor.Index).ToArray();
        for (var i = 0; i < series.Length; i++)
        {
            if (series[i].Index != i)
            {
                throw new WireFormatException($"tensor {WireTensor.Label(name, (uint)i)} is missing");
            }
        }
        return series;
    }

    /// <summary>Hands a tensor over to the caller, who disposes it.</summary>
    public WireTensor Take(WireTensor tensor) => _tensors.Remove(tensor)
        ? tensor
        : throw new ArgumentException("not one of these tensors", nameof(tensor));

    public void Dispose()
    {
        _tensors.ForEach(tensor => tensor.Dispose());
        _tensors.Clear();
    }
}
