using Grpc.Core;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Stages;

/// <summary>Pictures to latents, and latents to RGB bytes: the one tensor that the Gateway puts together.</summary>
internal sealed class VaeClient(StageCaller caller, ArtifactStore store)
{
    /// <summary>A picture to the posterior of its latents.</summary>
    /// <param name="picture">[height, width, 3] UINT8.</param>
    /// <param name="size">Size to encode at.</param>
    /// <param name="key">Of the posterior.</param>
    public Task<(Artifact Posterior, double ComputeSeconds)> EncodeAsync(
        Artifact picture, ImageSize size, string key, StageCallContext context, CancellationToken cancellationToken) =>
        caller.CallAsync(context, (invoker, options) => DuplexCall.RunAsync(
            new VaeStage.VaeStageClient(invoker).Encode(options), EncodeRequestsAsync(picture, size),
            (responses, cancellation) => ReceivePosteriorAsync(responses, key, context, cancellation), options.CancellationToken), cancellationToken);

    /// <summary>The caller disposes the picture, [height, width, 3] UINT8.</summary>
    public Task<(WireTensor Image, double ComputeSeconds)> DecodeAsync(
        Artifact latents, ImageSize size, StageCallContext context, CancellationToken cancellationToken) =>
        caller.CallAsync(context, (invoker, options) => DuplexCall.RunAsync(
            new VaeStage.VaeStageClient(invoker).Decode(options), RequestsAsync(latents),
            (responses, cancellation) => ReceiveAsync(responses, size, context, cancellation), options.CancellationToken), cancellationToken);

    private static async IAsyncEnumerable<VaeEncodeRequest> EncodeRequestsAsync(Artifact picture, ImageSize size)
    {
        yield return new VaeEncodeRequest
        {
            Parameters = new VaeEncodeParameters { Height = size.Height, Width = size.Width, RequiredFeatures = { StageFeatures.VaeEncode } },
        };
        await foreach (var frame in OutgoingTensors.ReadAsync([new OutgoingArtifact(picture, "image")]))
        {
            yield return new VaeEncodeRequest { Frame = frame };
        }
    }

    private async Task<(Artifact Posterior, double ComputeSeconds)> ReceivePosteriorAsync(
        IAsyncStreamReader<VaeEncodeResponse> responses, string key, StageCallContext context, CancellationToken cancellationToken)
    {
        using var incoming = new IncomingTensors(store, header => header.Name == "posterior" ? key : null, context.MaxTensorBytes);
        CallFinished? finished = null;
        while (await responses.MoveNext(cancellationToken))
        {
            var response = responses.Current;
            switch (response.KindCase)
            {
                case VaeEncodeResponse.KindOneofCase.Started:
                    context.Started = true;
                    break;
                case VaeEncodeResponse.KindOneofCase.Frame:
                    incoming.Accept(response.Frame);
                    break;
                case VaeEncodeResponse.KindOneofCase.Finished:
                    finished = response.Finished;
                    context.ComputeSeconds = finished.ComputeSeconds;
                    break;
                case var _ when response.CalculateSize() > 0:
                    break; // A newer stage tells what this Gateway does not know.
                default:
                    throw new InvalidDataException("a message without content");
            }
        }
        return finished is not null ? (incoming.Keep("posterior"), finished.ComputeSeconds) : throw new InvalidDataException("it ended without 'finished'");
    }

    private static async IAsyncEnumerable<VaeDecodeRequest> RequestsAsync(Artifact latents)
    {
        yield return new VaeDecodeRequest { Parameters = new VaeDecodeParameters { OutputDtype = DataType.Uint8 } };
        await foreach (var frame in OutgoingTensors.ReadAsync([new OutgoingArtifact(latents, "latents")]))
        {
            yield return new VaeDecodeRequest { Frame = frame };
        }
    }

    private static async Task<(WireTensor Image, double ComputeSeconds)> ReceiveAsync(
        IAsyncStreamReader<VaeDecodeResponse> responses, ImageSize size, StageCallContext context, CancellationToken cancellationToken)
    {
        using var assembler = new TensorAssembler(new TensorLimits(MaxBytes: 3L * size.Width * size.Height, MaxTensors: 1));
        CallFinished? finished = null;
        while (await responses.MoveNext(cancellationToken))
        {
            var response = responses.Current;
            switch (response.KindCase)
            {
                case VaeDecodeResponse.KindOneofCase.Started:
                    context.Started = true;
                    break;
                case VaeDecodeResponse.KindOneofCase.Frame:
                    assembler.Accept(response.Frame);
                    break;
                case VaeDecodeResponse.KindOneofCase.Finished:
                    finished = response.Finished;
                    context.ComputeSeconds = finished.ComputeSeconds;
                    break;
                case var _ when response.CalculateSize() > 0:
                    break; // A newer stage tells what this Gateway does not know.
                default:
                    throw new InvalidDataException("a message without content");
            }
        }
        if (finished is null)
        {
            throw new InvalidDataException("it ended without 'finished'");
        }
        using var tensors = assembler.Complete();
        var image = tensors.Demand("image");
        return image.DataType == DataType.Uint8 && image.Shape is [var height, var width, 3] && height == size.Height && width == size.Width
            ? (tensors.Take(image), finished.ComputeSeconds)
            : throw new InvalidDataException(
                $"'image' is {image.DataType} [{string.Join(", ", image.Shape)}], expected Uint8 [{size.Height}, {size.Width}, 3]");
    }
}
