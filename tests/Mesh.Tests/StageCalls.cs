using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Mesh.Tests;

/// <summary>The stages called directly, as a gRPC client does that drives them itself.</summary>
internal static class StageCalls
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTime Deadline => DateTime.UtcNow.AddMinutes(3);

    /// <summary>The prompts' embeddings, in their order; the caller disposes them.</summary>
    public static async Task<ReceivedTensors> EncodeAsync(GrpcChannel channel, string[] prompts, Metadata? headers = null)
    {
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(headers, Deadline, Token);
        var parameters = new EncodeParameters { Prompts = { prompts }, Template = PromptTemplate.TextToImage };
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = parameters }, Token);
        await call.RequestStream.CompleteAsync();
        return await ReceiveAsync(call.ResponseStream, response => response.Frame);
    }

    /// <summary>Everything that a denoising sends: latents, and the previews and checkpoints that were asked for.</summary>
    public static async Task<ReceivedTensors> DenoiseAsync(GrpcChannel channel, DenoiseParameters parameters, params OutgoingTensor[] tensors)
    {
        using var call = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: Deadline, cancellationToken: Token);
        await call.RequestStream.WriteAsync(new DenoiseRequest { Parameters = parameters }, Token);
        foreach (var (id, tensor) in tensors.Index())
        {
            foreach (var frame in TensorFrames.Split(tensor, (uint)id))
            {
                await call.RequestStream.WriteAsync(new DenoiseRequest { Frame = frame }, Token);
            }
        }
        await call.RequestStream.CompleteAsync();
        return await ReceiveAsync(call.ResponseStream, response => response.Frame);
    }

    /// <summary>What one stage has sent, for the next one.</summary>
    public static OutgoingTensor Outgoing(WireTensor tensor, string name) => new(name, tensor.DataType, tensor.Shape, tensor.Bytes);

    private static async Task<ReceivedTensors> ReceiveAsync<T>(IAsyncStreamReader<T> responses, Func<T, TensorFrame?> frameOf)
    {
        using var assembler = new TensorAssembler(new TensorLimits());
        await foreach (var response in responses.ReadAllAsync(Token))
        {
            if (frameOf(response) is { } frame)
            {
                assembler.Accept(frame);
            }
        }
        return assembler.Complete();
    }
}
