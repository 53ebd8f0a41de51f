using System.Collections.Concurrent;
using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Latents filled with the seed, after checking the conditioning like the real stage.</summary>
internal sealed class FakeDenoiser : DenoiserStage.DenoiserStageBase, IFakeModel
{
    public const int Channels = 16;

    public StageCalls Calls { get; } = new();

    public ConcurrentQueue<(DenoiseParameters Parameters, IReadOnlyDictionary<string, byte[]> Tensors)> Requests { get; } = new();

    public ModelInfo Model { get; set; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "transformer",
        Fingerprint = "denoiser",
        ComputeDtype = DataType.Float32,
        Features = { StageFeatures.Checkpoint, StageFeatures.Resume, StageFeatures.Preview, StageFeatures.Lightning, StageFeatures.References, StageFeatures.InitialLatents, StageFeatures.Inpaint },
        Denoiser = new DenoiserInfo { LatentChannels = Channels, PatchSize = 2, JointAttentionDim = 128, MaxImageTokens = 1024, MaxSteps = 90, MaxReferences = 4 },
    };

    /// <summary>Steps that are reported.</summary>
    public int Steps { get; set; } = 1;

    /// <summary>Sends half of the latents and then waits for <see cref="StageCalls.Hold"/>.</summary>
    public bool HoldHalfway { get; set; }

    /// <summary>Reports its steps and waits for <see cref="StageCalls.Hold"/>.</summary>
    public bool HoldAfterStep { get; set; }

    /// <summary>What the call waits for after it has sent a preview, by its step.</summary>
    public Func<int, Task> AfterPreview { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the call breaks after it has started, by its seed.</summary>
    public Func<ulong, bool> Dies { get; set; } = _ => false;

    /// <summary>Steps that it reports before.</summary>
    public int StepsBeforeDeath { get; set; } = 1;

    /// <summary>What such a call waits for, so that what was sent before has been read.</summary>
    public Func<Task> BeforeDeath { get; set; } = () => Task.CompletedTask;

    /// <summary>Calls with this seed fail, once <see cref="FailWhen"/> has ended.</summary>
    public ulong? FailsOfSeed { get; set; }

    public Task FailWhen { get; set; } = Task.CompletedTask;

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
        using var tensors = assembler.Complete();
        if (parameters is null || tensors.Find("prompt_embeds") is null)
        {
            throw StageFaults.InvalidRequest("denoiser", "parameters or prompt_embeds are missing");
        }
        FakeFeatures.Check("denoiser", Model, parameters.RequiredFeatures);
        // Before the request is there to be seen: a test that has seen it may let the next ones pass.
        var fails = parameters.Seed == FailsOfSeed;
        Requests.Enqueue((parameters, tensors.All.ToDictionary(tensor => tensor.Index == 0 ? tensor.Name : $"{tensor.Name}/{tensor.Index}", tensor => tensor.Bytes.ToArray())));
        await DrawAsync(parameters, guided: tensors.Find("negative_prompt_embeds") is not null, fails, responseStream, context);
    }

    private async Task DrawAsync(DenoiseParameters parameters, bool guided, bool fails, IServerStreamWriter<DenoiseResponse> responses, ServerCallContext context)
    {
        await responses.WriteAsync(new DenoiseResponse { Started = new DenoiseStarted { Call = new CallStarted(), Guided = guided } });
        if (Dies(parameters.Seed))
        {
            await StepAsync(parameters, parameters.StartStep + 1, parameters.StartStep + StepsBeforeDeath, responses, context);
            await BeforeDeath();
            context.GetHttpContext().Abort();
            throw new OperationCanceledException("the connection is broken");
        }
        if (fails)
        {
            await FailWhen.WaitAsync(TimeSpan.FromSeconds(60), context.CancellationToken);
            throw StageFaults.Internal("denoiser", "cannot draw this");
        }
        if (!HoldHalfway && !HoldAfterStep)
        {
            await Calls.HoldAsync(context);
        }
        await StepAsync(parameters, parameters.StartStep + 1, Steps, responses, context);
        if (HoldAfterStep)
        {
            await Calls.HoldAsync(context);
        }
        await SendAsync(Latents(parameters, "latents", 0), 0, responses, context);
        await responses.WriteAsync(new DenoiseResponse { Finished = new CallFinished { ComputeSeconds = 0.5 } });
    }

    private async Task StepAsync(
        DenoiseParameters parameters, int first, int last, IServerStreamWriter<DenoiseResponse> responses, ServerCallContext context)
    {
        for (var step = first; step <= last; step++)
        {
            await responses.WriteAsync(new DenoiseResponse { Step = new DenoiseStep { Step = step, Total = parameters.NumInferenceSteps } });
            if (parameters.PreviewInterval > 0 && step % parameters.PreviewInterval == 0)
            {
                await SendAsync(Latents(parameters, "preview", step), (uint)step, responses, context);
                await AfterPreview(step).WaitAsync(context.CancellationToken);
            }
            if (parameters.CheckpointInterval > 0 && step % parameters.CheckpointInterval == 0)
            {
                await SendAsync(Latents(parameters, "checkpoint", step), (uint)(step + 1000), responses, context);
            }
        }
    }

    private static OutgoingTensor Latents(DenoiseParameters parameters, string name, int index)
    {
        long[] shape = [Channels, parameters.LatentHeight, parameters.LatentWidth];
        var bytes = new byte[shape[0] * shape[1] * shape[2] * sizeof(float)];
        Array.Fill(bytes, (byte)parameters.Seed);
        return new OutgoingTensor(name, DataType.Float32, shape, bytes, index);
    }

    private async Task SendAsync(OutgoingTensor tensor, uint id, IServerStreamWriter<DenoiseResponse> responses, ServerCallContext context)
    {
        var frames = TensorFrames.Split(tensor, id, chunkBytes: 16 << 10).ToArray();
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
