using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>Conditioning whose bytes are a hash of the prompt, so that what arrives at the Denoiser can be told apart.</summary>
internal sealed class FakeEncoder : EncoderStage.EncoderStageBase
{
    private const int HiddenSize = 128;
    private const int Tokens = 7;

    private int _asked;

    public StageCalls Calls { get; } = new();

    public ConcurrentQueue<EncodeParameters> Requests { get; } = new();

    public ModelInfo Model { get; set; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "text_encoder",
        ComputeDtype = DataType.Float32,
        Encoder = new EncoderInfo { HiddenSize = HiddenSize, MaxSequenceLength = 1024, DefaultMaxSequenceLength = 512 },
    };

    /// <summary>Size of each chunk; small, so that a tensor takes several.</summary>
    public int ChunkBytes { get; set; } = 1000;

    /// <summary>This prompt fails, once another one is being encoded.</summary>
    public string? FailingPrompt { get; set; }

    public static byte[] Embedding(string prompt)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(prompt));
        return [.. Enumerable.Range(0, Tokens * HiddenSize * sizeof(float)).Select(i => seed[i % seed.Length])];
    }

    /// <summary>Times that it was asked for its model.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _asked);
        return Task.FromResult(Model);
    }

    public override async Task Encode(
        IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context)
    {
        using var call = Calls.Enter(context);
        EncodeParameters? parameters = null;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            parameters ??= request.Parameters;
        }
        if (parameters is null || parameters.Template != PromptTemplate.TextToImage)
        {
            throw StageFaults.InvalidRequest("encoder", "no parameters, or no template");
        }
        Requests.Enqueue(parameters);
        if (parameters.Prompt == FailingPrompt)
        {
            await Calls.Reached.Task;
            throw StageFaults.Internal("encoder", "cannot encode this");
        }
        await Calls.HoldAsync(context);
        var summary = new EncodeSummary { Tokens = Tokens, Truncated = parameters.Prompt.Length > 5000, ComputeSeconds = 0.25 };
        await responseStream.WriteAsync(new EncodeResponse { Summary = summary });
        foreach (var frame in TensorFrames.Split("prompt_embeds", DataType.Float32, [Tokens, HiddenSize], Embedding(parameters.Prompt), ChunkBytes))
        {
            await responseStream.WriteAsync(new EncodeResponse { Frame = frame });
        }
    }
}
