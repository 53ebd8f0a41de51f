using static QwenMesh.Imaging.Vips.VipsNative;

namespace QwenMesh.Imaging.Vips;

/// <summary>Pixels between managed memory and libvips images.</summary>
internal static unsafe class VipsPixels
{
    private const int UnsignedByte = 0;

    /// <summary>An sRGB image over borrowed pixels [height, width, 3].</summary>
    public static GObjectHandle Borrow(byte* pixels, int width, int height)
    {
        var bytes = (nuint)width * (nuint)height * RgbImage.Channels;
        using var raw = vips_image_new_from_memory(pixels, bytes, width, height, RgbImage.Channels, UnsignedByte);
        if (raw.IsInvalid)
        {
            throw new VipsException($"libvips: {VipsLibrary.TakeError()}");
        }
        using var copy = new VipsOperation("copy");
        return copy.Set("in", raw).Set("interpretation", "srgb").Run().OutImage();
    }

    /// <summary>Computes an 8-bit RGB image and copies its pixels out.</summary>
    public static byte[] Read(GObjectHandle image)
    {
        var expected = checked(vips_image_get_width(image) * vips_image_get_height(image) * RgbImage.Channels);
        var memory = vips_image_write_to_memory(image, out var bytes);
        if (memory == null)
        {
            throw new VipsException($"libvips: {VipsLibrary.TakeError()}");
        }
        try
        {
            return bytes == (nuint)expected
                ? new ReadOnlySpan<byte>(memory, expected).ToArray()
                : throw new VipsException($"libvips: expected {expected} bytes of pixels, found {bytes}");
        }
        finally
        {
            g_free(memory);
        }
    }
}
