using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Conditioning whose bytes are a hash of the prompt, so that what arrives at the Denoiser can be told apart.</summary>
internal sealed class FakeEncoder : EncoderStage.EncoderStageBase, IFakeModel
{
    private const int HiddenSize = 128;
    private const int Tokens = 7;

    public StageCalls Calls { get; } = new();

    public ConcurrentQueue<EncodeParameters> Requests { get; } = new();

    /// <summary>The pictures of each request, in their order.</summary>
    public ConcurrentQueue<IReadOnlyList<WirePicture>> Pictures { get; } = new();

    public ModelInfo Model { get; set; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "text_encoder",
        Fingerprint = "encoder",
        ComputeDtype = DataType.Float32,
        Features = { StageFeatures.Prompts, StageFeatures.Images },
        Encoder = new EncoderInfo { HiddenSize = HiddenSize, MaxSequenceLength = 1024, DefaultMaxSequenceLength = 512, MaxPrompts = 8, MaxImages = 4 },
    };

    /// <summary>Size of each chunk; small, so that a tensor takes several.</summary>
    public int ChunkBytes { get; set; } = 1000;

    /// <summary>Ends its answer without the conditioning of the last prompt.</summary>
    public bool LosesLastPrompt { get; set; }

    public static byte[] Embedding(string prompt)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(prompt));
        return [.. Enumerable.Range(0, Tokens * HiddenSize * sizeof(float)).Select(i => seed[i % seed.Length])];
    }

    public override async Task Encode(
        IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context)
    {
        using var call = Calls.Enter(context);
        EncodeParameters? parameters = null;
        using var assembler = new TensorAssembler(new TensorLimits());
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            parameters ??= request.Parameters;
            if (request.KindCase == EncodeRequest.KindOneofCase.Frame)
            {
                assembler.Accept(request.Frame);
            }
        }
        using var tensors = assembler.Complete();
        if (parameters is null || parameters.Template == PromptTemplate.TextToImage != (tensors.All.Count == 0))
        {
            throw StageFaults.InvalidRequest("encoder", "no parameters, or not the template for that many pictures", "parameters.template");
        }
        FakeFeatures.Check("encoder", Model, parameters.RequiredFeatures);
        Pictures.Enqueue([.. tensors.All.OrderBy(tensor => tensor.Index).Select(WirePicture.Of)]);
        Requests.Enqueue(parameters);
        await responseStream.WriteAsync(new EncodeResponse { Started = new CallStarted() });
        await Calls.HoldAsync(context);
        await responseStream.WriteAsync(new EncodeResponse
        {
            Summary = new EncodeSummary { Prompts = { parameters.Prompts.Select(prompt => new EncodedPrompt { Tokens = Tokens, Truncated = prompt.Length > 5000 }) } },
        });
        for (var i = 0; i < parameters.Prompts.Count - (LosesLastPrompt ? 1 : 0); i++)
        {
            var tensor = new OutgoingTensor("prompt_embeds", DataType.Float32, [Tokens, HiddenSize], Embedding(parameters.Prompts[i]), i);
            foreach (var frame in TensorFrames.Split(tensor, (uint)i, ChunkBytes))
            {
                await responseStream.WriteAsync(new EncodeResponse { Frame = frame });
            }
        }
        await responseStream.WriteAsync(new EncodeResponse { Finished = new CallFinished { ComputeSeconds = 0.25 } });
    }
}
