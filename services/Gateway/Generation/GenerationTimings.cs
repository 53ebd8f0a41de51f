using System.Globalization;

namespace QwenMesh.Gateway.Generation;

/// <summary>Seconds of a generation. Stage times are as the Gateway sees them, waiting included; compute times are what the stages report.</summary>
internal sealed class GenerationTimings
{
    public double Encode { get; set; }

    public double Denoise { get; set; }

    public double Decode { get; set; }

    /// <summary>Resizing and writing the file.</summary>
    public double Image { get; set; }

    public double Total { get; set; }

    public double EncodeCompute { get; set; }

    public double DenoiseCompute { get; set; }

    public double DecodeCompute { get; set; }

    /// <summary>The value of a Server-Timing header, in milliseconds.</summary>
    public string ServerTiming() => string.Join(", ",
        Entry("encode", Encode), Entry("denoise", Denoise), Entry("decode", Decode), Entry("image", Image), Entry("total", Total),
        Entry("encode-compute", EncodeCompute), Entry("denoise-compute", DenoiseCompute), Entry("decode-compute", DecodeCompute));

    private static string Entry(string name, double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{name};dur={seconds * 1000:0.###}");
}
