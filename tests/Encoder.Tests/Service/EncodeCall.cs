using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Encoder.Tests.Service;

/// <summary>What one call of Encode answered.</summary>
internal sealed record EncodeCall(EncodeSummary Summary, long[] Shape, byte[] Embeds, List<int> Chunks)
{
    public static Task<EncodeCall> OfAsync(
        EncoderStage.EncoderStageClient client, string prompt, int length = 0, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        OfAsync(client, [Parameters(prompt, length)], deadline, cancellationToken);

    public static async Task<EncodeCall> OfAsync(
        EncoderStage.EncoderStageClient client, IEnumerable<EncodeRequest> requests, DateTime? deadline = null, CancellationToken cancellationToken = default)
    {
        using var call = client.Encode(deadline: deadline, cancellationToken: cancellationToken);
        await SendAsync(call, requests);
        Assert.True(await call.ResponseStream.MoveNext(default));
        var summary = call.ResponseStream.Current.Summary;
        Assert.NotNull(summary);
        using var assembler = new TensorAssembler(new TensorLimits());
        var chunks = new List<int>();
        while (await call.ResponseStream.MoveNext(default))
        {
            if (call.ResponseStream.Current.Frame.Chunk is { } chunk)
            {
                chunks.Add(chunk.Data.Length);
            }
            assembler.Accept(call.ResponseStream.Current.Frame);
        }
        using var tensor = Assert.Single(assembler.Complete()).Value;
        Assert.Equal("prompt_embeds", tensor.Name);
        Assert.Equal(DataType.Float32, tensor.DataType);
        Assert.Equal(summary.Tokens, tensor.Shape[0]);
        return new EncodeCall(summary, tensor.Shape, tensor.Bytes.ToArray(), chunks);
    }

    public static EncodeRequest Parameters(string prompt, int length = 0, PromptTemplate template = PromptTemplate.TextToImage) =>
        new() { Parameters = new EncodeParameters { Prompt = prompt, Template = template, MaxSequenceLength = length } };

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
