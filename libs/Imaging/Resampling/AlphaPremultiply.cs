namespace QwenMesh.Imaging;

/// <summary>Colours times alpha and back, as Pillow does around a resize of RGBA (src/libImaging/Convert.c: rgbA2rgba, rgba2rgbA).</summary>
internal static class AlphaPremultiply
{
    /// <summary>RGBA to colours that are multiplied by their alpha, rounded.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> rgba)
    {
        var result = rgba.ToArray();
        for (var i = 0; i < result.Length; i += RgbaImage.Channels)
        {
            var alpha = result[i + 3];
            for (var channel = 0; channel < 3; channel++)
            {
                result[i + channel] = ByteMath.Scale(result[i + channel], alpha);
            }
        }
        return result;
    }

    /// <summary>Divides by alpha again, rounded down; colours under alpha 0 stay as they are.</summary>
    public static void Undo(Span<byte> rgba)
    {
        for (var i = 0; i < rgba.Length; i += RgbaImage.Channels)
        {
            int alpha = rgba[i + 3];
            for (var channel = 0; channel < 3 && alpha is not (0 or 255); channel++)
            {
                rgba[i + channel] = (byte)Math.Min(255, 255 * rgba[i + channel] / alpha);
            }
        }
    }
}
