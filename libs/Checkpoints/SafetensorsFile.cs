using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>
/// One safetensors file, memory-mapped. The header is checked completely when the file is opened, so that reading a tensor cannot
/// leave the file. Tensors stay valid until the file is disposed.
/// Format: https://github.com/huggingface/safetensors#format.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MappedFile _mapped;
    private readonly long _bufferStart;
    private readonly Dictionary<string, TensorEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsFile(string path, MappedFile mapped)
    {
        Path = path;
        _mapped = mapped;
        Placeholder.Refuse(path, mapped);
        var prefix = mapped.Slice(0, (int)Math.Min(mapped.Length, SafetensorsHeader.LengthBytes));
        var headerLength = SafetensorsHeader.CheckLength(path, prefix.Span, mapped.Length);
        _bufferStart = SafetensorsHeader.LengthBytes + headerLength;
        var header = mapped.Slice(SafetensorsHeader.LengthBytes, headerLength);
        Entries = SafetensorsHeader.Parse(path, header.Span, mapped.Length - _bufferStart);
        foreach (var entry in Entries)
        {
            _entries.Add(entry.Name, entry);
        }
    }

    public string Path { get; }

    /// <summary>All tensors, in the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Entries { get; }

    /// <exception cref="CheckpointException">The file is missing, unreadable or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFile mapped;
        try
        {
            mapped = new MappedFile(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a readable safetensors file", unreadable.Message, unreadable);
        }
        try
        {
            return new SafetensorsFile(path, mapped);
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    public TensorEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>A tensor's bytes where they lie in the mapped file.</summary>
    /// <exception cref="CheckpointException">No such tensor, an element type that no engine computes with, or 2 GiB or more.</exception>
    public HostTensor Read(string name)
    {
        var entry = Find(name) ?? throw new CheckpointException(Path, name, "the tensor", "no tensor of that name");
        if (entry.DType is not { } dtype)
        {
            throw new CheckpointException(Path, name, "F32, F16, BF16, U8 or I64", entry.StoredType);
        }
        if (entry.Length > int.MaxValue)
        {
            throw new CheckpointException(Path, name, "less than 2 GiB", $"{entry.Length} bytes");
        }
        return new HostTensor(name, dtype, entry.Shape, _mapped.Slice(_bufferStart + entry.Begin, (int)entry.Length));
    }

    internal void AddTo(FingerprintHash fingerprint)
    {
        const int SampleBytes = 256;
        fingerprint.Add(_mapped.Slice(0, (int)_bufferStart).Span);
        fingerprint.Add(_mapped.Length);
        foreach (var entry in Entries)
        {
            fingerprint.Add(_mapped.Slice(_bufferStart + entry.Begin, (int)Math.Min(entry.Length, SampleBytes)).Span);
        }
    }

    public void Dispose() => _mapped.Dispose();
}
