using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Jobs;

/// <summary>The work of a request, in pixels times steps, in units of one step of a picture of 1024 x 1024, times 1000.</summary>
internal static class WorkUnits
{
    private const double PixelsOfOne = 1024d * 1024 / 1000;

    /// <param name="size">Of each picture.</param>
    /// <param name="steps">Of each picture.</param>
    /// <param name="count">Pictures.</param>
    public static long Of(ImageSize size, int steps, int count) =>
        Math.Max(1, (long)Math.Round((double)size.Width * size.Height * steps * count / PixelsOfOne));
}
