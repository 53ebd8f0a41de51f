using System.Globalization;

namespace QwenMesh.Gateway.Generation;

/// <summary>Seconds of a generation. Stage times are as the Gateway sees them, waiting included; compute times are what the stages report.</summary>
public sealed class GenerationTimings
{
    /// <summary>Prompt and negative prompt to conditioning.</summary>
    public double Encode { get; set; }

    /// <summary>Pictures to latents.</summary>
    public double VaeEncode { get; set; }

    /// <summary>All denoising steps.</summary>
    public double Denoise { get; set; }

    /// <summary>Latents to RGB.</summary>
    public double Decode { get; set; }

    /// <summary>Resizing and writing the file.</summary>
    public double Image { get; set; }

    /// <summary>From the request to the file.</summary>
    public double Total { get; set; }

    /// <summary>What the Encoder reports.</summary>
    public double EncodeCompute { get; set; }

    /// <summary>What the Vae reports of the encoding.</summary>
    public double VaeEncodeCompute { get; set; }

    /// <summary>What the Denoiser reports.</summary>
    public double DenoiseCompute { get; set; }

    /// <summary>What the Vae reports.</summary>
    public double DecodeCompute { get; set; }

    /// <summary>The value of a Server-Timing header, in milliseconds.</summary>
    public string ServerTiming() => (VaeEncode > 0 ? $"{Entry("vae-encode", VaeEncode)}, {Entry("vae-encode-compute", VaeEncodeCompute)}, " : "") + string.Join(", ",
        Entry("encode", Encode), Entry("denoise", Denoise), Entry("decode", Decode), Entry("image", Image), Entry("total", Total),
        Entry("encode-compute", EncodeCompute), Entry("denoise-compute", DenoiseCompute), Entry("decode-compute", DecodeCompute));

    private static string Entry(string name, double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{name};dur={seconds * 1000:0.###}");
}
