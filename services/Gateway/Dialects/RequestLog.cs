using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects;

/// <summary>One log line for every request that was drawn. Prompts are not logged.</summary>
internal static partial class RequestLog
{
    public static void Generated(ILogger logger, string dialect, ServedModel served, GenerationRequest request, GenerationResult result)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            var timings = result.Timings;
            Log(logger, dialect, served.ModelId, request.Count, result.Pictures[0].Size.ToString(), request.Steps, request.Guidance, request.Seed,
                result.Pictures.Sum(picture => (long)picture.File.Length),
                timings.Encode, timings.Denoise, timings.Decode, timings.Image, timings.Total);
        }
    }

    [LoggerMessage(62, LogLevel.Information,
        "Generated for {Dialect}: {Model} {Count} x {Size}, {Steps} steps, guidance {Guidance}, seed {Seed}, {Bytes} bytes; "
        + "encode {EncodeSeconds:F3} s, denoise {DenoiseSeconds:F3} s, decode {DecodeSeconds:F3} s, image {ImageSeconds:F3} s, total {TotalSeconds:F3} s")]
    private static partial void Log(
        ILogger logger, string dialect, string model, int count, string? size, int? steps, double? guidance, ulong seed, long bytes,
        double encodeSeconds, double denoiseSeconds, double decodeSeconds, double imageSeconds, double totalSeconds);
}
