using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.TensorWire;
using QwenMesh.Vae.Pixels;
using QwenMesh.Vae.Requests;

namespace QwenMesh.Vae;

/// <summary>The gRPC edge of the stage: checks, maps, delegates.</summary>
internal sealed partial class VaeService(
    VaeModel model,
    StageGate gate,
    TensorBackend backend,
    VaeInstrumentation instrumentation,
    IOptions<StageOptions> stage,
    IOptions<VaeOptions> options,
    ILogger<VaeService> logger) : VaeStage.VaeStageBase
{
    public const string Stage = "vae";

    private const string ImageTensor = "image";

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        var loaded = Loaded();
        return Task.FromResult(new ModelInfo
        {
            ModelId = loaded.Checkpoint.ModelId,
            PipelineClass = loaded.Checkpoint.PipelineClass,
            Component = VaeModel.Component,
            ComponentConfig = loaded.ConfigJson,
            ComputeDtype = DataType.Float32,
            Device = backend.Device,
            Limits = stage.Value.Limits,
            Vae = new VaeInfo
            {
                ScaleFactor = loaded.Config.ScaleFactor,
                LatentChannels = loaded.Config.ZDim,
                MaxPixels = options.Value.MaxPixels,
            },
        });
    }

    public override async Task Decode(
        IAsyncStreamReader<DecodeRequest> requestStream, IServerStreamWriter<DecodeResponse> responseStream, ServerCallContext context)
    {
        using var input = gate.Receive();
        var loaded = Loaded();
        var reader = new DecodeRequestReader(loaded.Config, options.Value.MaxPixels, stage.Value.MaxTensorBytes);
        var latents = await reader.ReadAsync(input.Read(requestStream), context.CancellationToken);
        using var place = input.Admit();

        RgbFrame picture;
        TimeSpan computed;
        using (await place.EnterAsync(context.CancellationToken))
        {
            (picture, computed) = await Task.Run(() => Compute(loaded, latents, context.CancellationToken), context.CancellationToken);
        }

        foreach (var frame in TensorFrames.Split(
            ImageTensor, DataType.Uint8, [picture.Height, picture.Width, RgbFrame.Channels], picture.Pixels, stage.Value.ChunkBytes))
        {
            await responseStream.WriteAsync(new DecodeResponse { Frame = frame }, context.CancellationToken);
        }
        await responseStream.WriteAsync(
            new DecodeResponse { Finished = new DecodeFinished { ComputeSeconds = computed.TotalSeconds } }, context.CancellationToken);
    }

    public override Task Encode(
        IAsyncStreamReader<VaeEncodeRequest> requestStream, IServerStreamWriter<VaeEncodeResponse> responseStream, ServerCallContext context) =>
        throw StageFaults.Unsupported(Stage, "encoding pictures is not served by this version");

    private (RgbFrame Picture, TimeSpan Computed) Compute(LoadedVae loaded, Latents latents, CancellationToken cancellationToken)
    {
        var (width, height) = (latents.Width * loaded.Config.ScaleFactor, latents.Height * loaded.Config.ScaleFactor);
        using var activity = instrumentation.StartDecode(width, height);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var picture = loaded.Decoder.Decode(latents.Values, latents.Height, latents.Width, cancellationToken);
            var computed = Stopwatch.GetElapsedTime(started);
            instrumentation.Decoded(computed.TotalSeconds, (long)width * height);
            LogDecoded(logger, width, height, computed.TotalSeconds);
            return (picture, computed);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            LogFailed(logger, failure, width, height);
            throw StageFaults.Internal(Stage, $"decoding failed: {failure.Message}");
        }
    }

    private LoadedVae Loaded() => model.Loaded ?? throw StageFaults.NotReady(Stage, "the weights are not loaded yet");

    [LoggerMessage(300, LogLevel.Information, "Decoded {Width}x{Height} in {Seconds:F3} s")]
    private static partial void LogDecoded(ILogger logger, int width, int height, double seconds);

    [LoggerMessage(301, LogLevel.Error, "Decoding {Width}x{Height} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, int width, int height);
}
