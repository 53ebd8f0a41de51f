using System.Collections.Concurrent;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Testing.Stages;

/// <summary>Black pictures.</summary>
internal sealed class InstantVae : VaeStage.VaeStageBase
{
    private const int Scale = 32;

    // Of one size each; the same bytes for every call.
    private readonly ConcurrentDictionary<int, byte[]> _pixels = new();

    public static ModelInfo Model { get; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "vae",
        Fingerprint = "instant-vae",
        ComputeDtype = DataType.Float32,
        Vae = new VaeInfo { ScaleFactor = Scale, LatentChannels = InstantDenoiser.Channels, MaxPixels = 4 << 20 },
    };

    public override async Task Decode(
        IAsyncStreamReader<VaeDecodeRequest> requestStream, IServerStreamWriter<VaeDecodeResponse> responseStream, ServerCallContext context)
    {
        TensorHeader? latents = null;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            latents ??= request.Frame?.Header;
        }
        if (latents is not { Shape: [_, var rows, var columns] })
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "latents are missing"));
        }
        await responseStream.WriteAsync(new VaeDecodeResponse { Started = new CallStarted() });
        long[] shape = [rows * Scale, columns * Scale, 3];
        var pixels = _pixels.GetOrAdd((int)(shape[0] * shape[1] * shape[2]), size => new byte[size]);
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("image", DataType.Uint8, shape, pixels, 0), id: 0))
        {
            await responseStream.WriteAsync(new VaeDecodeResponse { Frame = frame });
        }
        await responseStream.WriteAsync(new VaeDecodeResponse { Finished = new CallFinished() });
    }
}
