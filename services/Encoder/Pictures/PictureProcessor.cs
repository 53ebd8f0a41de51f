using QwenMesh.Encoder.Qwen25Vl;
using QwenMesh.Imaging;

namespace QwenMesh.Encoder.Pictures;

/// <summary>Resizes and normalises pictures and cuts them into patches, as the reference's processor does (docs/model.md 4.1, 4.2).</summary>
internal sealed class PictureProcessor(PictureProcessorConfig config, VisionConfig vision)
{
    private readonly int _factor = vision.PatchSize * vision.SpatialMergeSize;

    /// <summary>The squares that a picture of this size becomes when it is brought to an area first.</summary>
    /// <exception cref="PromptException">The picture is too narrow.</exception>
    public PatchGrid Grid(int width, int height, int area)
    {
        EnsureAspect(width, height);
        var condition = PictureSizes.CalculateDimensions(area, width, height);
        return Grid(condition.Width, condition.Height);
    }

    /// <summary>The squares that a picture of this size becomes.</summary>
    /// <exception cref="PromptException">The picture is too narrow.</exception>
    public PatchGrid Grid(int width, int height)
    {
        EnsureAspect(width, height);
        var size = PictureSizes.SmartResize(width, height, config.MinPixels, config.MaxPixels, _factor);
        return new PatchGrid(size.Height / _factor, size.Width / _factor);
    }

    /// <summary>The same for a picture that is brought to an area first.</summary>
    public float[] Patches(RgbImage picture, int area)
    {
        var condition = PictureSizes.CalculateDimensions(area, picture.Width, picture.Height);
        return Patches(ImageResizer.Resize(picture, condition.Width, condition.Height));
    }

    /// <summary>
    /// Patches [squares · merge area, channels · time · side · side]: squares row by row, a square's patches row by row, the same picture at
    /// every time.
    /// </summary>
    public float[] Patches(RgbImage picture)
    {
        var grid = Grid(picture.Width, picture.Height);
        var sized = VisionResizer.Resize(picture, grid.Width * _factor, grid.Height * _factor);
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
        if (Math.Max(width, height) > (long)PictureSizes.MaxVisionRatio * Math.Min(width, height))
        {
            throw new PromptException($"a reference picture of {width}x{height}: one side may be at most {PictureSizes.MaxVisionRatio} times the other");
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
