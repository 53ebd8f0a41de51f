namespace QwenMesh.Imaging;

/// <summary>Masks of the inpainting pipelines: white is repainted, black is kept (docs/model.md 9.4).</summary>
public static class InpaintMask
{
    private const byte Threshold = 128; // 128/255 is the first that is not below one half.

    /// <summary>The mask at the picture's size: Lanczos, then lightness, then 255 where that is one half or more and 0 elsewhere.</summary>
    public static GreyImage Prepare(RgbImage mask, int width, int height) => Binarise(ImageResizer.Resize(mask, width, height).ToGrey());

    /// <summary>As the other, for a mask of one channel.</summary>
    public static GreyImage Prepare(GreyImage mask, int width, int height) => Binarise(ImageResizer.Resize(mask, width, height));

    /// <summary>
    /// A prepared mask on the grid of the latents, without averaging: each place takes the upper left pixel of its cell
    /// (torch's <c>interpolate</c>, nearest).
    /// </summary>
    /// <param name="mask">A mask of the picture's size.</param>
    /// <param name="width">Latents per row.</param>
    /// <param name="height">Rows of latents.</param>
    public static GreyImage ToLatentGrid(GreyImage mask, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var cells = new byte[checked(width * height)];
        for (var y = 0; y < height; y++)
        {
            var row = mask.Pixels.Span.Slice(Nearest(y, height, mask.Height) * mask.Width, mask.Width);
            for (var x = 0; x < width; x++)
            {
                cells[(y * width) + x] = row[Nearest(x, width, mask.Width)];
            }
        }
        return new GreyImage(width, height, cells);
    }

    private static int Nearest(int output, int outputs, int inputs) => (int)((long)output * inputs / outputs);

    private static GreyImage Binarise(GreyImage grey)
    {
        var values = grey.Pixels.ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = values[i] >= Threshold ? (byte)255 : (byte)0;
        }
        return new GreyImage(grey.Width, grey.Height, values);
    }
}
