using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Containers.Tests;

/// <summary>The prompts of a golden case of text to image, asked of an Encoder.</summary>
internal static class GoldenPrompts
{
    private const double Tolerance = 2e-5;

    /// <summary>Asserts that the prompt embeddings that come over the wire are the reference's.</summary>
    public static async Task AssertEqualAsync(string address, GoldenCase golden, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var client = new EncoderStage.EncoderStageClient(channel);
        string[] prompts = [golden.Prompt, golden.NegativePrompt!];
        foreach (var (index, prompt) in prompts.Index())
        {
            TensorAssert.Close(golden.Tensors[$"prompt.{index}.embeds"], await EncodeAsync(client, prompt, cancellationToken), Tolerance);
        }
    }

    private static async Task<float[]> EncodeAsync(EncoderStage.EncoderStageClient client, string prompt, CancellationToken cancellationToken)
    {
        using var call = client.Encode(deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: cancellationToken);
        var parameters = new EncodeParameters { Prompt = prompt, Template = PromptTemplate.TextToImage };
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
        using var embeds = Assert.Single(assembler.Complete()).Value;
        return embeds.ToFiniteFloats();
    }
}
