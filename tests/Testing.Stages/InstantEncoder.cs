using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Testing.Stages;

/// <summary>Conditioning of seven tokens, all zero, for every prompt.</summary>
internal sealed class InstantEncoder : EncoderStage.EncoderStageBase
{
    private const int Tokens = 7;
    private const int HiddenSize = 128;

    private static readonly byte[] Embedding = new byte[Tokens * HiddenSize * sizeof(float)];

    public static ModelInfo Model { get; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "text_encoder",
        Fingerprint = "instant-encoder",
        ComputeDtype = DataType.Float32,
        Features = { StageFeatures.Prompts, StageFeatures.Images },
        Encoder = new EncoderInfo { HiddenSize = HiddenSize, MaxSequenceLength = 1024, DefaultMaxSequenceLength = 512, MaxPrompts = 8, MaxImages = 4 },
    };

    public override async Task Encode(
        IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context)
    {
        EncodeParameters? parameters = null;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            parameters ??= request.Parameters;
        }
        var prompts = parameters?.Prompts.Count ?? 0;
        await responseStream.WriteAsync(new EncodeResponse { Started = new CallStarted() });
        await responseStream.WriteAsync(new EncodeResponse
        {
            Summary = new EncodeSummary { Prompts = { Enumerable.Range(0, prompts).Select(_ => new EncodedPrompt { Tokens = Tokens }) } },
        });
        for (var i = 0; i < prompts; i++)
        {
            foreach (var frame in TensorFrames.Split(new OutgoingTensor("prompt_embeds", DataType.Float32, [Tokens, HiddenSize], Embedding, i), (uint)i))
            {
                await responseStream.WriteAsync(new EncodeResponse { Frame = frame });
            }
        }
        await responseStream.WriteAsync(new EncodeResponse { Finished = new CallFinished() });
    }
}
