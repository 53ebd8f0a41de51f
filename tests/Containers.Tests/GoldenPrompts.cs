using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Containers.Tests;

/// <summary>The prompts of a golden case of text to image, asked of an Encoder.</summary>
internal static class GoldenPrompts
{
    private const double Tolerance = 2e-5;

    /// <summary>Asserts that the prompt embeddings that come over the wire are the reference's: prompt and negative prompt of one call.</summary>
    public static async Task AssertEqualAsync(string address, GoldenCase golden, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(address);
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: cancellationToken);
        var parameters = new EncodeParameters { Prompts = { golden.Prompt, golden.NegativePrompt! }, Template = PromptTemplate.TextToImage };
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = parameters }, cancellationToken);
        await call.RequestStream.CompleteAsync();
        using var assembler = new TensorAssembler(new TensorLimits());
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            if (call.ResponseStream.Current.Frame is { } frame)
            {
                assembler.Accept(frame);
            }
        }
        using var tensors = assembler.Complete();
        var embeds = tensors.Series("prompt_embeds");
        Assert.Equal(2, embeds.Count);
        foreach (var (index, tensor) in embeds.Index())
        {
            TensorAssert.Close(golden.Tensors[$"prompt.{index}.embeds"], tensor.ToFiniteFloats(), Tolerance);
        }
    }
}
