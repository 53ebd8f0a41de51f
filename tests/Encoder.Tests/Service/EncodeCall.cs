using Grpc.Core;
using QwenMesh.Imaging;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>What one call of Encode answered.</summary>
/// <param name="Summary">One entry for each prompt.</param>
/// <param name="Embeds">The tensors prompt_embeds in the order of their indices: shape and bytes.</param>
/// <param name="Chunks">Sizes of the chunks in the order in which they came.</param>
/// <param name="ComputeSeconds">What the call finished with.</param>
internal sealed record EncodeCall(EncodeSummary Summary, IReadOnlyList<(long[] Shape, byte[] Bytes)> Embeds, List<int> Chunks, double ComputeSeconds)
{
    /// <summary>Of a call with a single prompt.</summary>
    public EncodedPrompt Prompt => Assert.Single(Summary.Prompts);

    public static Task<EncodeCall> OfAsync(
        EncoderStage.EncoderStageClient client, string prompt, int length = 0, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        OfAsync(client, [Parameters([prompt], length)], deadline, cancellationToken);

    /// <summary>Prompts with pictures.</summary>
    public static Task<EncodeCall> OfAsync(
        EncoderStage.EncoderStageClient client, string[] prompts, PromptTemplate template, params RgbImage[] pictures) =>
        OfAsync(client, [Parameters(prompts, template: template), .. pictures.SelectMany((picture, index) => Frames(picture, index))]);

    public static async Task<EncodeCall> OfAsync(
        EncoderStage.EncoderStageClient client, IEnumerable<EncodeRequest> requests, DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        using var call = client.Encode(deadline: deadline, cancellationToken: cancellationToken);
        await SendAsync(call, requests);
        var answers = new List<EncodeResponse>();
        while (await call.ResponseStream.MoveNext(default))
        {
            answers.Add(call.ResponseStream.Current);
        }
        Assert.NotNull(answers[0].Started);
        Assert.NotNull(answers[^1].Finished);
        var summary = answers[1].Summary;
        Assert.NotNull(summary);

        using var assembler = new TensorAssembler(new TensorLimits());
        answers[2..^1].ForEach(answer => assembler.Accept(answer.Frame));
        using var tensors = assembler.Complete();
        var embeds = tensors.Series("prompt_embeds");
        Assert.Equal(embeds.Count, tensors.All.Count);
        Assert.All(embeds, tensor => Assert.Equal(DataType.Float32, tensor.DataType));
        Assert.Equal(summary.Prompts.Select(prompt => (long)prompt.Tokens), embeds.Select(tensor => tensor.Shape[0]));
        return new EncodeCall(
            summary, [.. embeds.Select(tensor => (tensor.Shape, tensor.Bytes.ToArray()))],
            [.. answers[2..^1].Where(answer => answer.Frame.Chunk is not null).Select(answer => answer.Frame.Chunk.Data.Length)],
            answers[^1].Finished.ComputeSeconds);
    }

    public static EncodeRequest Parameters(string[] prompts, int length = 0, PromptTemplate template = PromptTemplate.TextToImage, params string[] features) =>
        new() { Parameters = new EncodeParameters { Prompts = { prompts }, Template = template, MaxSequenceLength = length, RequiredFeatures = { features } } };

    /// <summary>A picture's frames.</summary>
    public static IEnumerable<EncodeRequest> Frames(RgbImage picture, int index, string name = "image") => TensorFrames
        .Split(new OutgoingTensor(name, DataType.Uint8, [picture.Height, picture.Width, 3], picture.Pixels, index), (uint)index)
        .Select(frame => new EncodeRequest { Frame = frame });

    /// <summary>A picture's header alone.</summary>
    public static EncodeRequest Header(DataType type, params long[] shape) => new()
    {
        Frame = new TensorFrame { Header = new TensorHeader { Name = "image", Dtype = type, Shape = { shape }, ByteLength = ByteLength(type, shape) } },
    };

    private static ulong ByteLength(DataType type, long[] shape) => (ulong)shape.Aggregate(type == DataType.Uint8 ? 1L : sizeof(float), (a, b) => a * b);

    /// <summary>Sends all and half-closes; a refusal on the way is left for the reader of the answer.</summary>
    private static async Task SendAsync(AsyncDuplexStreamingCall<EncodeRequest, EncodeResponse> call, IEnumerable<EncodeRequest> requests)
    {
        try
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception refused) when (refused is RpcException or InvalidOperationException)
        {
        }
    }
}
