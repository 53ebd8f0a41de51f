using System.Runtime.InteropServices;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire;

public static class WireFloats
{
    /// <summary>The elements of a FLOAT32, FLOAT16 or BFLOAT16 tensor, widened to single precision.</summary>
    /// <exception cref="WireFormatException">Another element type, or an element that is NaN or infinite.</exception>
    public static float[] ToFiniteFloats(this WireTensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        var values = tensor.DataType switch
        {
            DataType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            DataType.Float16 => Widen(MemoryMarshal.Cast<byte, Half>(bytes), half => (float)half),
            DataType.Bfloat16 => Widen(MemoryMarshal.Cast<byte, ushort>(bytes), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
            var other => throw new WireFormatException($"tensor '{Echo.Name(tensor.Name)}' has dtype {other}; a float type is expected"),
        };
        return Array.FindIndex(values, value => !float.IsFinite(value)) is var index and >= 0
            ? throw new WireFormatException($"tensor '{Echo.Name(tensor.Name)}' holds values that are not finite: {values[index]} at element {index}")
            : values;
    }

    private static float[] Widen<T>(ReadOnlySpan<T> source, Func<T, float> widen)
    {
        var values = new float[source.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = widen(source[i]);
        }
        return values;
    }
}
