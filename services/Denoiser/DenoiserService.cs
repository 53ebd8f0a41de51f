using System.Runtime.InteropServices;
using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Denoiser.Requests;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;

namespace QwenMesh.Denoiser;

/// <summary>The gRPC edge: messages to a job, the job's events and latents to messages.</summary>
internal sealed class DenoiserService(
    DenoiserModel model,
    StageGate gate,
    IOptions<StageOptions> stage,
    IOptions<DenoiserOptions> options,
    DenoiserInstrumentation instrumentation) : DenoiserStage.DenoiserStageBase
{
    public const string Stage = "denoiser";

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        var (loaded, limits) = Loaded();
        return Task.FromResult(new ModelInfo
        {
            ModelId = loaded.ModelId,
            PipelineClass = loaded.PipelineClass,
            Component = "transformer",
            ComponentConfig = loaded.ConfigJson,
            ComputeDtype = DataType.Float32,
            Device = loaded.Device,
            Limits = stage.Value.Limits,
            Denoiser = new DenoiserInfo
            {
                LatentChannels = limits.Model.OutChannels,
                PatchSize = limits.Model.PatchSize,
                JointAttentionDim = limits.Model.JointAttentionDim,
                MaxImageTokens = limits.MaxImageTokens,
                MaxSteps = limits.MaxSteps,
            },
        });
    }

    public override async Task Denoise(
        IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context)
    {
        using var input = gate.Receive();
        var (loaded, limits) = Loaded();
        try
        {
            var job = await DenoiseRequestReader.ReadAsync(input.Read(requestStream), limits, context.CancellationToken);
            using var place = input.Admit();
            var slot = await place.EnterAsync(context.CancellationToken);
            var running = new RunningJob(job, loaded.Loop, instrumentation);
            var result = await running.RunAsync(slot, responseStream, context.CancellationToken);
            if (!Array.TrueForAll(result.Latents, float.IsFinite))
            {
                throw StageFaults.Internal(Stage, "the latents left the range of Float32; are the conditioning's values sound?");
            }
            await SendAsync(job, result, responseStream, context.CancellationToken);
        }
        catch (WireFormatException e)
        {
            throw StageFaults.InvalidRequest(Stage, e.Message);
        }
    }

    private async Task SendAsync(
        DenoiseJob job, DenoiseResult result, IServerStreamWriter<DenoiseResponse> responses, CancellationToken cancellationToken)
    {
        long[] shape = [job.Grid.Channels, job.Grid.Height, job.Grid.Width];
        var bytes = MemoryMarshal.AsBytes(result.Latents.AsSpan()).ToArray();
        foreach (var frame in TensorFrames.Split("latents", DataType.Float32, shape, bytes, stage.Value.ChunkBytes))
        {
            await responses.WriteAsync(new DenoiseResponse { Frame = frame }, cancellationToken);
        }
        await responses.WriteAsync(
            new DenoiseResponse { Finished = new DenoiseFinished { ComputeSeconds = result.Elapsed.TotalSeconds } }, cancellationToken);
    }

    private (LoadedDenoiser Loaded, DenoiserLimits Limits) Loaded()
    {
        var loaded = model.Loaded ?? throw StageFaults.NotReady(Stage, "the denoiser is not ready: its weights are not mapped yet");
        return (loaded, new(loaded.Transformer.Config, options.Value.MaxImageTokens, options.Value.MaxSteps, stage.Value.MaxTensorBytes));
    }
}
