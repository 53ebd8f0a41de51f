using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace QwenMesh.Checkpoints;

/// <summary>SHA-256 over parts, each with its length before it, so that no two lists of parts run into one another.</summary>
internal sealed class FingerprintHash
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(ReadOnlySpan<byte> part)
    {
        Add(part.Length);
        _hash.AppendData(part);
    }

    public void Add(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        _hash.AppendData(bytes);
    }

    public void Add(string name, string text)
    {
        Add(Encoding.UTF8.GetBytes(name));
        Add(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>All files directly in a folder, by name.</summary>
    public void AddFolder(string name, string path)
    {
        var files = Directory.Exists(path) ? Directory.GetFiles(path).Order(StringComparer.Ordinal).ToArray() : [];
        Add(Encoding.UTF8.GetBytes(name));
        Add(files.Length);
        foreach (var file in files)
        {
            Add(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            Add(File.ReadAllBytes(file));
        }
    }

    public override string ToString() => Convert.ToHexStringLower(_hash.GetCurrentHash());
}
