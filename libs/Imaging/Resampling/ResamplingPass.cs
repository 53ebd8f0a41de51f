using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace QwenMesh.Imaging;

/// <summary>
/// One axis of a picture at another size. Pictures are interleaved bytes, [height, width, channels]; every output is rounded to a byte.
/// </summary>
internal static class ResamplingPass
{
    /// <summary>[height, width, channels] to [height, <paramref name="outputs"/>, channels]; 1, 3 or 4 channels.</summary>
    public static byte[] Horizontal(ReadOnlySpan<byte> pixels, int width, int channels, AxisWeights axis, int outputs)
    {
        var (stride, height) = (width * channels, pixels.Length / (width * channels));
        var result = new byte[checked(outputs * height * channels)];
        // A pixel is read as four bytes, whatever its channels: so many more than the row.
        var row = new byte[stride + sizeof(uint)];
        for (var y = 0; y < height; y++)
        {
            pixels.Slice(y * stride, stride).CopyTo(row);
            ResizeRow(row, channels, axis, result.AsSpan(y * outputs * channels, outputs * channels));
        }
        return result;
    }

    /// <summary>[height, stride] to [<paramref name="outputs"/>, stride]; a row has width·channels bytes.</summary>
    public static byte[] Vertical(ReadOnlySpan<byte> pixels, int stride, AxisWeights axis, int outputs)
    {
        var result = new byte[checked(outputs * stride)];
        var sums = new int[stride];
        for (var y = 0; y < outputs; y++)
        {
            Array.Fill(sums, Half(axis));
            for (var k = 0; k < axis.Counts[y]; k++)
            {
                AddRow(pixels.Slice((axis.First[y] + k) * stride, stride), axis.Weights[(y * axis.Taps) + k], sums);
            }
            var into = result.AsSpan(y * stride, stride);
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = Clip(sums[i], axis.Precision);
            }
        }
        return result;
    }

    private static void ResizeRow(ReadOnlySpan<byte> row, int channels, AxisWeights axis, Span<byte> into)
    {
        for (var x = 0; x < into.Length / channels; x++)
        {
            var weights = axis.Weights.AsSpan(x * axis.Taps, axis.Counts[x]);
            var source = row[(axis.First[x] * channels)..];
            var sums = Vector128.Create(Half(axis));
            for (var k = 0; k < weights.Length; k++)
            {
                var pixel = Vector128.CreateScalarUnsafe(BinaryPrimitives.ReadUInt32LittleEndian(source[(k * channels)..])).AsByte();
                sums += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weights[k];
            }
            for (var channel = 0; channel < channels; channel++)
            {
                into[(x * channels) + channel] = Clip(sums[channel], axis.Precision);
            }
        }
    }

    /// <summary>sums += weight·row.</summary>
    private static void AddRow(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        var i = 0;
        for (; i <= row.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(row[i..]));
            var (first, second) = Vector128.Widen(low);
            var (third, fourth) = Vector128.Widen(high);
            Add(sums[i..], first, weight);
            Add(sums[(i + 4)..], second, weight);
            Add(sums[(i + 8)..], third, weight);
            Add(sums[(i + 12)..], fourth, weight);
        }
        for (; i < row.Length; i++)
        {
            sums[i] += weight * row[i];
        }
    }

    private static void Add(Span<int> sums, Vector128<uint> values, int weight) =>
        (Vector128.Create((ReadOnlySpan<int>)sums) + (values.AsInt32() * weight)).CopyTo(sums);

    private static int Half(AxisWeights axis) => 1 << (axis.Precision - 1);

    private static byte Clip(int sum, int precision) => (byte)Math.Clamp(sum >> precision, 0, 255);
}
