using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Encoder.Caching;
using QwenMesh.Encoder.Requests;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.Tensors;
using QwenMesh.TensorWire;

namespace QwenMesh.Encoder;

/// <summary>The gRPC edge of the stage: checks, maps, delegates.</summary>
internal sealed class EncoderService(
    EncoderModel model, StageGate gate, TensorBackend backend, IOptions<StageOptions> stage, IOptions<EncoderOptions> options)
    : EncoderStage.EncoderStageBase
{
    public const string Stage = "encoder";

    private const string EmbedsTensor = "prompt_embeds";

    private readonly EncodeRequestReader _reader = new(options.Value);

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        var loaded = Loaded();
        return Task.FromResult(new ModelInfo
        {
            ModelId = loaded.ModelId,
            PipelineClass = loaded.PipelineClass,
            Component = EncoderModel.Component,
            ComponentConfig = loaded.ConfigJson,
            ComputeDtype = DataType.Float32,
            Device = backend.Device,
            Limits = stage.Value.Limits,
            Encoder = new EncoderInfo
            {
                HiddenSize = loaded.Config.HiddenSize,
                MaxSequenceLength = options.Value.MaxSequenceLength,
                DefaultMaxSequenceLength = options.Value.DefaultMaxSequenceLength,
            },
        });
    }

    public override async Task Encode(
        IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context)
    {
        var request = await ReceiveAsync(requestStream, context.CancellationToken);
        // The gate is entered inside EncodeAsync: prompts in the cache need no slot, and a request is one message, whose size gRPC limits.
        var encoded = await Loaded().Encoder.EncodeAsync(
            request.Template, request.Prompt, request.MaxSequenceLength, gate.EnterAsync, context.CancellationToken);
        var embeds = encoded.Embeds;

        await responseStream.WriteAsync(new EncodeResponse { Summary = Summarise(encoded) }, context.CancellationToken);
        foreach (var frame in TensorFrames.Split(
            EmbedsTensor, DataType.Float32, [embeds.Tokens, embeds.HiddenSize], embeds.Bytes, stage.Value.ChunkBytes))
        {
            await responseStream.WriteAsync(new EncodeResponse { Frame = frame }, context.CancellationToken);
        }
    }

    private async Task<PromptRequest> ReceiveAsync(IAsyncStreamReader<EncodeRequest> requests, CancellationToken cancellationToken)
    {
        using var input = gate.Receive();
        return await _reader.ReadAsync(input.Read(requests), cancellationToken);
    }

    private static EncodeSummary Summarise(EncodedPrompt encoded) => new()
    {
        Tokens = encoded.Embeds.Tokens,
        Truncated = encoded.IsCut,
        Cached = encoded.Outcome != CacheOutcome.Computed,
        ComputeSeconds = encoded.Outcome == CacheOutcome.Computed ? encoded.Embeds.ComputeTime.TotalSeconds : 0,
    };

    private LoadedEncoder Loaded() => model.Loaded ?? throw StageFaults.NotReady(Stage, "the weights are not loaded yet");
}
