using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Testing.Stages;

/// <summary>Latents that are all zero; tells of every step.</summary>
internal sealed class InstantDenoiser(HeldGenerations held) : DenoiserStage.DenoiserStageBase
{
    public const int Channels = 16;

    public static ModelInfo Model { get; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "transformer",
        Fingerprint = "instant-denoiser",
        ComputeDtype = DataType.Float32,
        Features = { StageFeatures.Preview, StageFeatures.Lightning, StageFeatures.References, StageFeatures.InitialLatents, StageFeatures.Inpaint },
        Denoiser = new DenoiserInfo { LatentChannels = Channels, PatchSize = 2, JointAttentionDim = 128, MaxImageTokens = 1024, MaxSteps = 90, MaxReferences = 4 },
    };

    public override async Task Denoise(
        IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context)
    {
        DenoiseParameters? sent = null;
        var isGuided = false;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            sent ??= request.Parameters;
            isGuided |= request.Frame?.Header?.Name == "negative_prompt_embeds";
        }
        var parameters = sent ?? throw new RpcException(new Status(StatusCode.InvalidArgument, "parameters are missing"));
        await responseStream.WriteAsync(new DenoiseResponse { Started = new DenoiseStarted { Call = new CallStarted(), Guided = isGuided } });
        for (var step = 1; step <= parameters.NumInferenceSteps; step++)
        {
            await responseStream.WriteAsync(new DenoiseResponse { Step = new DenoiseStep { Step = step, Total = parameters.NumInferenceSteps } });
            if (step == 1)
            {
                await held.PassAsync(parameters.NumInferenceSteps, context.CancellationToken);
            }
        }
        long[] shape = [Channels, parameters.LatentHeight, parameters.LatentWidth];
        var latents = new OutgoingTensor("latents", DataType.Float32, shape, new byte[shape[0] * shape[1] * shape[2] * sizeof(float)], 0);
        foreach (var frame in TensorFrames.Split(latents, id: 0))
        {
            await responseStream.WriteAsync(new DenoiseResponse { Frame = frame });
        }
        await responseStream.WriteAsync(new DenoiseResponse { Finished = new CallFinished() });
    }
}
