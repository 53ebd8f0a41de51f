using System.Diagnostics;
using System.Runtime.InteropServices;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;
using QwenMesh.Tensors;
using QwenMesh.StageHost;
using QwenMesh.TensorWire;
using QwenMesh.Vae.Pixels;

namespace QwenMesh.Vae;

/// <summary>One picture, decoded in one part.</summary>
internal sealed partial class DecodeSession(
    LoadedVae loaded, DecodeJob job, StageOutput<VaeDecodeResponse> output, VaeInstrumentation instrumentation, ILogger<DecodeSession> logger) : IStageSession
{
    public bool Advance(CancellationToken cancellation)
    {
        var (width, height) = (job.Width * loaded.Config.ScaleFactor, job.Height * loaded.Config.ScaleFactor);
        using var activity = instrumentation.StartDecode(width, height);
        var started = Stopwatch.GetTimestamp();
        try
        {
            output.Post(Decode(width, height, cancellation));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            instrumentation.Decoded(seconds, (long)width * height);
            LogDecoded(logger, width, height, seconds);
            return false;
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or OutOfDeviceMemoryException or NotFiniteException))
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            LogFailed(logger, failure, width, height);
            throw StageFaults.Internal(VaeService.Stage, $"decoding failed: {failure.Message}");
        }
    }

    public void Dispose()
    {
    }

    private OutgoingTensor Decode(int width, int height, CancellationToken cancellation)
    {
        if (job.IsFloat)
        {
            var values = loaded.Decoder.DecodeFloats(job.Latents, job.Height, job.Width, cancellation);
            return new("image", DataType.Float32, [height, width, RgbFrame.Channels], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }
        var picture = loaded.Decoder.Decode(job.Latents, job.Height, job.Width, cancellation);
        return new("image", DataType.Uint8, [picture.Height, picture.Width, RgbFrame.Channels], picture.Pixels);
    }

    [LoggerMessage(300, LogLevel.Information, "Decoded {Width}x{Height} in {Seconds:F3} s")]
    private static partial void LogDecoded(ILogger logger, int width, int height, double seconds);

    [LoggerMessage(301, LogLevel.Error, "Decoding {Width}x{Height} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, int width, int height);
}
