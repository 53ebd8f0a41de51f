using System.Buffers.Binary;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Vae.Wire;

/// <summary>The elements of a received tensor as finite floats.</summary>
internal static class LatentValues
{
    /// <exception cref="WireFormatException">An element is NaN or infinite.</exception>
    public static float[] Read(WireTensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        var values = new float[bytes.Length / tensor.DataType.Size()];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = tensor.DataType switch
            {
                DataType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * 4)..]),
                DataType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]),
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]) << 16),
            };
            if (!float.IsFinite(values[i]))
            {
                throw new WireFormatException($"tensor '{tensor.Name}' is {values[i]} at element {i}");
            }
        }
        return values;
    }
}
