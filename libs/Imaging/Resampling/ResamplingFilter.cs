namespace QwenMesh.Imaging;

/// <summary>A resampling filter: its weight at a distance, and how far it reaches, both in samples of the coarser side.</summary>
internal sealed record ResamplingFilter(double Support, Func<double, double> Weight)
{
    /// <summary>sinc(x)·sinc(x/3).</summary>
    public static ResamplingFilter Lanczos3 { get; } = new(3, static x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0);

    /// <summary>Keys' cubic with a = -1/2, as Pillow and torchvision (with antialiasing) have it.</summary>
    public static ResamplingFilter Bicubic { get; } = new(2, Cubic);

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);

    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1)
        {
            return ((((A + 2) * x) - (A + 3)) * x * x) + 1;
        }
        return x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A : 0;
    }
}
