using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace QwenMesh.Imaging;

/// <summary>
/// Lanczos3 resizing, equal bit for bit to Pillow's, which prepared the pictures that the models were trained on. libvips is not
/// used for it: its enlarging is bicubic, and its results differ from release to release.
/// </summary>
public static class ImageResizer
{
    private const int Channels = RgbImage.Channels;
    private const int Half = 1 << (LanczosWeights.Precision - 1);

    /// <summary>The picture at another size; the picture itself when it has that size already.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (VerticalFirst(image, width, height))
        {
            return ResizeWidth(ResizeHeight(image, height), width);
        }
        return ResizeHeight(ResizeWidth(image, width), height);
    }

    /// <summary>Pillow 13 takes the vertical pass first when that shrinks the picture much more than the other (found by comparing many sizes).</summary>
    private static bool VerticalFirst(RgbImage image, int width, int height) =>
        height < image.Height && image.Height - height > 2 * (image.Width - width);

    private static RgbImage ResizeWidth(RgbImage image, int width)
    {
        if (width == image.Width)
        {
            return image;
        }
        var axis = new LanczosWeights(image.Width, width);
        var result = new byte[checked(width * image.Height * Channels)];
        // One byte more than the row: a pixel is read as four bytes, of which the last is not used.
        var row = new byte[(image.Width * Channels) + 1];
        for (var y = 0; y < image.Height; y++)
        {
            image.Pixels.Span.Slice(y * image.Width * Channels, image.Width * Channels).CopyTo(row);
            var into = result.AsSpan(y * width * Channels, width * Channels);
            for (var x = 0; x < width; x++)
            {
                var weights = axis.Weights.AsSpan(x * axis.Taps, axis.Counts[x]);
                var source = row.AsSpan(axis.First[x] * Channels);
                var sums = Vector128.Create(Half);
                for (var k = 0; k < weights.Length; k++)
                {
                    var pixel = Vector128.CreateScalarUnsafe(BinaryPrimitives.ReadUInt32LittleEndian(source[(k * Channels)..])).AsByte();
                    sums += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weights[k];
                }
                into[x * Channels] = Clip(sums[0]);
                into[(x * Channels) + 1] = Clip(sums[1]);
                into[(x * Channels) + 2] = Clip(sums[2]);
            }
        }
        return new RgbImage(width, image.Height, result);
    }

    private static RgbImage ResizeHeight(RgbImage image, int height)
    {
        if (height == image.Height)
        {
            return image;
        }
        var axis = new LanczosWeights(image.Height, height);
        var stride = image.Width * Channels;
        var result = new byte[checked(height * stride)];
        var sums = new int[stride];
        for (var y = 0; y < height; y++)
        {
            Array.Fill(sums, Half);
            for (var k = 0; k < axis.Counts[y]; k++)
            {
                var weight = axis.Weights[(y * axis.Taps) + k];
                AddRow(image.Pixels.Span.Slice((axis.First[y] + k) * stride, stride), weight, sums);
            }
            var into = result.AsSpan(y * stride, stride);
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = Clip(sums[i]);
            }
        }
        return new RgbImage(image.Width, height, result);
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

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> LanczosWeights.Precision, 0, 255);
}
