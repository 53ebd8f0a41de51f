using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>Copies of checkpoints whose weights hold NaN.</summary>
public static class DamagedCheckpoint
{
    /// <summary>Copies a checkpoint into a folder and fills a tensor, or rows of it, with NaN; returns the copy's path.</summary>
    /// <param name="folder">Holds the copy.</param>
    /// <param name="checkpoint">The checkpoint's folder.</param>
    /// <param name="component">E.g. "vae".</param>
    /// <param name="tensor">Name in the component's safetensors file.</param>
    /// <param name="rows">Along the first axis; null for all.</param>
    public static string WithNaN(TemporaryFolder folder, string checkpoint, string component, string tensor, IEnumerable<int>? rows = null)
    {
        var copy = folder.CopyOf(checkpoint);
        var path = Directory.EnumerateFiles(Path.Combine(copy, component), "*.safetensors").First(file => Holds(file, tensor));
        byte[] damaged;
        using (var file = SafetensorsFile.Open(path))
        {
            var tensors = file.Entries.Select(entry => file.Read(entry.Name));
            damaged = SafetensorsWriter.Encode(tensors.Select(each => each.Name == tensor ? Damaged(each, rows) : each));
        }
        File.WriteAllBytes(path, damaged);
        return copy;
    }

    private static bool Holds(string path, string tensor)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Find(tensor) is not null;
    }

    private static HostTensor Damaged(HostTensor tensor, IEnumerable<int>? rows)
    {
        var bytes = tensor.Bytes.ToArray();
        var rowBytes = bytes.Length / tensor.Shape[0];
        foreach (var row in rows ?? Enumerable.Range(0, tensor.Shape[0]))
        {
            bytes.AsSpan(row * rowBytes, rowBytes).Fill(0xFF); // All bits set: NaN in each of the float types.
        }
        return tensor with { Bytes = bytes };
    }
}
