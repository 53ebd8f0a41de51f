using System.Runtime.CompilerServices;
using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Stages;

/// <summary>Latent frames to RGB bytes, the one tensor that the Gateway puts together.</summary>
internal sealed class VaeClient(StageCaller caller)
{
    /// <summary>Relays the latents as they arrive. The caller disposes the picture, [height, width, 3] UINT8.</summary>
    public Task<(WireTensor Image, DecodeFinished Finished)> DecodeAsync(
        FrameLog latents, ImageSize size, StageCallContext context, CancellationToken cancellationToken) =>
        caller.CallAsync(StageNames.Vae, context, async (invoker, options) =>
        {
            using var call = new VaeStage.VaeStageClient(invoker).Decode(options);
            var sending = RequestStream.SendAsync(call.RequestStream, RequestsAsync(latents, options.CancellationToken), options.CancellationToken);
            var answer = await ReceiveAsync(call.ResponseStream, size, cancellationToken);
            await sending;
            return answer;
        }, cancellationToken);

    private static async IAsyncEnumerable<DecodeRequest> RequestsAsync(
        FrameLog latents, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new DecodeRequest { Parameters = new DecodeParameters() };
        await foreach (var frame in latents.ReadAsync(cancellationToken))
        {
            yield return new DecodeRequest { Frame = frame };
        }
    }

    private static async Task<(WireTensor Image, DecodeFinished Finished)> ReceiveAsync(
        IAsyncStreamReader<DecodeResponse> responses, ImageSize size, CancellationToken cancellationToken)
    {
        using var assembler = new TensorAssembler(new TensorLimits(MaxBytes: 3L * size.Width * size.Height, MaxTensors: 1));
        DecodeFinished? finished = null;
        while (await responses.MoveNext(cancellationToken))
        {
            var response = responses.Current;
            switch (response.KindCase)
            {
                case DecodeResponse.KindOneofCase.Frame:
                    assembler.Accept(response.Frame);
                    break;
                case DecodeResponse.KindOneofCase.Finished:
                    finished = response.Finished;
                    break;
                default:
                    throw StageCaller.Broken(StageNames.Vae, "a message without content");
            }
        }
        if (finished is null)
        {
            throw StageCaller.Broken(StageNames.Vae, "it ended without 'finished'");
        }
        return (Image(assembler, size), finished);
    }

    private static WireTensor Image(TensorAssembler assembler, ImageSize size)
    {
        var image = assembler.Complete().GetValueOrDefault("image")
            ?? throw StageCaller.Broken(StageNames.Vae, "no tensor 'image'");
        if (image.DataType == DataType.Uint8 && image.Shape is [var height, var width, 3] && height == size.Height && width == size.Width)
        {
            return image;
        }
        using (image)
        {
            throw StageCaller.Broken(StageNames.Vae,
                $"'image' is {image.DataType} [{string.Join(", ", image.Shape)}], expected Uint8 [{size.Height}, {size.Width}, 3]");
        }
    }
}
