using System.Runtime.InteropServices;
using System.Text.Json;
using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>Recorded tensors in one safetensors file. <c>X.sample</c> is found under the name X.</summary>
public sealed class GoldenTensors : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly JsonElement _sampled;

    /// <param name="path">The safetensors file.</param>
    /// <param name="sampled">case.json's <c>sampled</c>: name to {shape, every}.</param>
    public GoldenTensors(string path, JsonElement sampled = default)
    {
        _file = SafetensorsFile.Open(path);
        _sampled = sampled;
    }

    /// <summary>All names, without ".sample".</summary>
    public IEnumerable<string> Names => _file.Entries.Select(entry =>
        entry.Name.EndsWith(".sample", StringComparison.Ordinal) ? entry.Name[..^".sample".Length] : entry.Name);

    public bool Has(string name) => _file.Find(name) is not null || _file.Find(name + ".sample") is not null;

    /// <summary>Whether only some elements were recorded.</summary>
    public bool IsSampled(string name) => _file.Find(name) is null && _file.Find(name + ".sample") is not null;

    public GoldenTensor this[string name]
    {
        get
        {
            if (_file.Find(name) is not null)
            {
                var whole = _file.Read(name);
                return new GoldenTensor(name, whole.Shape, Floats(whole), 1);
            }
            var sample = _sampled.GetProperty(name);
            var shape = sample.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt32()).ToArray();
            return new GoldenTensor(name, new Shape(shape), Floats(_file.Read(name + ".sample")), sample.GetProperty("every").GetInt32());
        }
    }

    /// <summary>A recorded tensor of any element type, as stored.</summary>
    public HostTensor Raw(string name) => _file.Read(name);

    public void Dispose() => _file.Dispose();

    private static float[] Floats(HostTensor tensor) => tensor.DType == DType.Float32
        ? MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span).ToArray()
        : throw new InvalidOperationException($"{tensor.Name} is {tensor.DType}, not Float32");
}
