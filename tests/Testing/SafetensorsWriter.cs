using System.Buffers.Binary;
using System.Text.Json;
using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>Writes safetensors files for tests.</summary>
public static class SafetensorsWriter
{
    /// <summary>A file of these tensors, in this order.</summary>
    public static byte[] Encode(IEnumerable<HostTensor> tensors)
    {
        var header = new Dictionary<string, object>(StringComparer.Ordinal);
        using var buffer = new MemoryStream();
        foreach (var tensor in tensors)
        {
            var begin = buffer.Length;
            buffer.Write(tensor.Bytes.Span);
            header.Add(tensor.Name, new
            {
                dtype = tensor.DType switch
                {
                    DType.Float32 => "F32",
                    DType.Float16 => "F16",
                    DType.BFloat16 => "BF16",
                    DType.UInt8 => "U8",
                    _ => "I64",
                },
                shape = tensor.Shape.Dims.ToArray(),
                data_offsets = new[] { begin, buffer.Length },
            });
        }
        return Encode(JsonSerializer.SerializeToUtf8Bytes(header), buffer.ToArray());
    }

    /// <summary>A file with this header, well-formed or not.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> header, ReadOnlySpan<byte> buffer)
    {
        var file = new byte[8 + header.Length + buffer.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file.AsSpan(8));
        buffer.CopyTo(file.AsSpan(8 + header.Length));
        return file;
    }
}
