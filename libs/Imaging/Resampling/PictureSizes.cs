namespace QwenMesh.Imaging;

/// <summary>Sizes that the reference's pipelines choose for a picture (docs/model.md 4.1 and 9.2). All in double, halves to even, as Python rounds.</summary>
public static class PictureSizes
{
    /// <summary>Pixels along and across a merged patch of the vision tower.</summary>
    public const int VisionFactor = 28;

    /// <summary>Largest ratio of the sides that the vision tower takes.</summary>
    public const int MaxVisionRatio = 200;

    private const int DimensionStep = 32;

    /// <summary>
    /// The size of about <paramref name="area"/> pixels with the picture's ratio, sides multiples of 32 (diffusers' <c>calculate_dimensions</c>):
    /// 1024² for output and Vae, 384² for the conditioning of EditPlus. Very elongated pictures may get a side of 0, which the caller refuses.
    /// </summary>
    public static PixelSize CalculateDimensions(long area, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(area);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var ratio = (double)width / height;
        var exact = Math.Sqrt(area * ratio);
        return new PixelSize(Round(exact, DimensionStep), Round(exact / ratio, DimensionStep));
    }

    /// <summary>The size at which the vision tower sees a picture (transformers' <c>smart_resize</c>).</summary>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="minPixels">Least area, from the preprocessor config.</param>
    /// <param name="maxPixels">Largest area, from the preprocessor config.</param>
    /// <param name="factor">What both sides are multiples of: patch size times merge size.</param>
    /// <exception cref="ArgumentException">One side is more than 200 times the other, or an argument is not positive.</exception>
    public static PixelSize SmartResize(int width, int height, long minPixels, long maxPixels, int factor = VisionFactor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(minPixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        if ((double)Math.Max(width, height) / Math.Min(width, height) > MaxVisionRatio)
        {
            throw new ArgumentException($"one side of {width}x{height} is more than {MaxVisionRatio} times the other", nameof(width));
        }
        var (wide, high) = (Round(width, factor), Round(height, factor));
        if ((long)wide * high > maxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / maxPixels);
            return new PixelSize(Down(width / shrink), Down(height / shrink));
        }
        if ((long)wide * high < minPixels)
        {
            var grow = Math.Sqrt(minPixels / ((double)height * width));
            return new PixelSize(Up(width * grow), Up(height * grow));
        }
        return new PixelSize(wide, high);

        int Down(double side) => Math.Max(factor, (int)Math.Floor(side / factor) * factor);

        int Up(double side) => (int)Math.Ceiling(side / factor) * factor;
    }

    private static int Round(double side, int step) => checked((int)(Math.Round(side / step, MidpointRounding.ToEven) * step));
}
