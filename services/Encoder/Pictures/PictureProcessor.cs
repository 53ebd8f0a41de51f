using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Imaging;

namespace QwenMesh.Encoder.Pictures;

/// <summary>Resizes and normalises pictures and cuts them into patches, as the reference's processor does (docs/model.md 4.1, 4.2).</summary>
internal sealed class PictureProcessor(PictureProcessorConfig config, VisionConfig vision)
{
    /// <summary>Longer side to shorter side at most.</summary>
    private const int MaxAspect = 200;

    private readonly int _factor = vision.PatchSize * vision.SpatialMergeSize;

    /// <summary>The size that the pipelines bring a picture to: about <paramref name="area"/> pixels, sides multiples of 32 (docs/model.md 9.1).</summary>
    public static (int Width, int Height) Condition(int width, int height, int area)
    {
        const int Multiple = 32;
        var ratio = (double)width / height;
        var wide = Math.Sqrt(area * ratio);
        return (Multiple * (int)Math.Round(wide / Multiple), Multiple * (int)Math.Round(wide / ratio / Multiple));
    }

    /// <summary>The squares that a picture of this size becomes when it is brought to an area first.</summary>
    /// <exception cref="PromptException">The picture is too narrow.</exception>
    public PatchGrid Grid(int width, int height, int area)
    {
        EnsureAspect(width, height);
        var (conditionWidth, conditionHeight) = Condition(width, height, area);
        return Grid(conditionWidth, conditionHeight);
    }

    /// <summary>The squares that a picture of this size becomes.</summary>
    /// <exception cref="PromptException">The picture is too narrow.</exception>
    public PatchGrid Grid(int width, int height)
    {
        EnsureAspect(width, height);
        var (rows, columns) = (Math.Round((double)height / _factor), Math.Round((double)width / _factor));
        var area = rows * columns * _factor * _factor;
        if (area > config.MaxPixels)
        {
            var shrink = Math.Sqrt((double)height * width / config.MaxPixels);
            rows = Math.Max(1, Math.Floor(height / shrink / _factor));
            columns = Math.Max(1, Math.Floor(width / shrink / _factor));
        }
        else if (area < config.MinPixels)
        {
            var enlarge = Math.Sqrt(config.MinPixels / ((double)height * width));
            rows = Math.Ceiling(height * enlarge / _factor);
            columns = Math.Ceiling(width * enlarge / _factor);
        }
        return new PatchGrid((int)rows, (int)columns);
    }

    /// <summary>The same for a picture that is brought to an area first.</summary>
    public float[] Patches(RgbImage picture, int area)
    {
        var (width, height) = Condition(picture.Width, picture.Height, area);
        return Patches(ImageResizer.Resize(picture, width, height));
    }

    /// <summary>
    /// Patches [squares · merge area, channels · time · side · side]: squares row by row, a square's patches row by row, the same picture at
    /// every time.
    /// </summary>
    public float[] Patches(RgbImage picture)
    {
        var grid = Grid(picture.Width, picture.Height);
        var sized = BicubicResizer.Resize(picture, grid.Width * _factor, grid.Height * _factor);
        var pixels = sized.Pixels.Span;
        var (merge, side) = (vision.SpatialMergeSize, vision.PatchSize);
        var plane = side * side;
        var patches = new float[checked(grid.Squares * vision.MergeArea * vision.PatchElements)];
        var lookup = NormalisedValues();
        for (var patch = 0; patch < grid.Squares * vision.MergeArea; patch++)
        {
            var (square, within) = (patch / vision.MergeArea, patch % vision.MergeArea);
            var top = ((square / grid.Width * merge) + (within / merge)) * side;
            var left = ((square % grid.Width * merge) + (within % merge)) * side;
            var into = patches.AsSpan(patch * vision.PatchElements, vision.PatchElements);
            for (var channel = 0; channel < RgbImage.Channels; channel++)
            {
                var frames = into.Slice(channel * vision.TemporalPatchSize * plane, vision.TemporalPatchSize * plane);
                for (var y = 0; y < side; y++)
                {
                    var row = (((top + y) * sized.Width) + left) * RgbImage.Channels;
                    for (var x = 0; x < side; x++)
                    {
                        frames[(y * side) + x] = lookup[(channel << 8) + pixels[row + (x * RgbImage.Channels) + channel]];
                    }
                }
                for (var time = 1; time < vision.TemporalPatchSize; time++)
                {
                    frames[..plane].CopyTo(frames[(time * plane)..]);
                }
            }
        }
        return patches;
    }

    private static void EnsureAspect(int width, int height)
    {
        if (Math.Max(width, height) > (long)MaxAspect * Math.Min(width, height))
        {
            throw new PromptException($"a reference picture of {width}x{height}: one side may be at most {MaxAspect} times the other");
        }
    }

    /// <summary>(byte − 255·mean)/(255·deviation) for every byte of every channel, each step rounded to Float32 as in the reference.</summary>
    private float[] NormalisedValues()
    {
        var values = new float[RgbImage.Channels << 8];
        for (var channel = 0; channel < RgbImage.Channels; channel++)
        {
            var (mean, deviation) = (config.Mean[channel] * 255f, config.Deviation[channel] * 255f);
            for (var value = 0; value < 256; value++)
            {
                values[(channel << 8) + value] = (value - mean) / deviation;
            }
        }
        return values;
    }
}
