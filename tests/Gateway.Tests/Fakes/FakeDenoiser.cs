using System.Collections.Concurrent;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Latents filled with the seed, after checking the conditioning like the real stage.</summary>
internal sealed class FakeDenoiser : DenoiserStage.DenoiserStageBase
{
    public const int Channels = 16;

    public StageCalls Calls { get; } = new();

    public ConcurrentQueue<(DenoiseParameters Parameters, IReadOnlyDictionary<string, byte[]> Tensors)> Requests { get; } = new();

    public ModelInfo Model { get; set; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "transformer",
        ComputeDtype = DataType.Float32,
        Denoiser = new DenoiserInfo { LatentChannels = Channels, PatchSize = 2, JointAttentionDim = 128, MaxImageTokens = 1024, MaxSteps = 90 },
    };

    /// <summary>Sends half of the latents and then waits for <see cref="StageCalls.Hold"/>.</summary>
    public bool HoldHalfway { get; set; }

    /// <summary>Reports one step and waits for <see cref="StageCalls.Hold"/>.</summary>
    public bool HoldAfterStep { get; set; }

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context) => Task.FromResult(Model);

    public override async Task Denoise(
        IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context)
    {
        using var call = Calls.Enter(context);
        DenoiseParameters? parameters = null;
        using var assembler = new TensorAssembler(new TensorLimits());
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            parameters ??= request.Parameters;
            if (request.KindCase == DenoiseRequest.KindOneofCase.Frame)
            {
                assembler.Accept(request.Frame);
            }
        }
        var tensors = assembler.Complete();
        if (parameters is null || !tensors.ContainsKey("prompt_embeds"))
        {
            throw StageFaults.InvalidRequest("denoiser", "parameters or prompt_embeds are missing");
        }
        Requests.Enqueue((parameters, tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Bytes.ToArray())));
        await responseStream.WriteAsync(new DenoiseResponse { Started = new DenoiseStarted { Guided = tensors.Count > 1 } });
        if (!HoldHalfway && !HoldAfterStep)
        {
            await Calls.HoldAsync(context);
        }
        await responseStream.WriteAsync(new DenoiseResponse { Step = new DenoiseStep { Step = 1, Total = parameters.NumInferenceSteps } });
        if (HoldAfterStep)
        {
            await Calls.HoldAsync(context);
        }
        await SendLatentsAsync(parameters, responseStream, context);
        await responseStream.WriteAsync(new DenoiseResponse { Finished = new DenoiseFinished { ComputeSeconds = 0.5 } });
    }

    private async Task SendLatentsAsync(DenoiseParameters parameters, IServerStreamWriter<DenoiseResponse> responses, ServerCallContext context)
    {
        long[] shape = [Channels, parameters.LatentHeight, parameters.LatentWidth];
        var bytes = new byte[shape[0] * shape[1] * shape[2] * sizeof(float)];
        Array.Fill(bytes, (byte)parameters.Seed);
        var frames = TensorFrames.Split("latents", DataType.Float32, shape, bytes, chunkBytes: 16 << 10).ToArray();
        for (var i = 0; i < frames.Length; i++)
        {
            if (HoldHalfway && i == frames.Length / 2)
            {
                await Calls.HoldAsync(context);
            }
            await responses.WriteAsync(new DenoiseResponse { Frame = frames[i] });
        }
    }
}
