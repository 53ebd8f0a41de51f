using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>A picture whose left half has the latents' value as its red channel and whose right half is white.</summary>
internal sealed class FakeVae : VaeStage.VaeStageBase, IFakeModel
{
    public StageCalls Calls { get; } = new();

    public ModelInfo Model { get; set; } = new()
    {
        ModelId = "qwen-image-nano",
        PipelineClass = "QwenImageEditPlusPipeline",
        Component = "vae",
        Fingerprint = "vae",
        ComputeDtype = DataType.Float32,
        Vae = new VaeInfo { ScaleFactor = 32, LatentChannels = FakeDenoiser.Channels, MaxPixels = 4 << 20 },
    };

    /// <summary>Answers with a picture of the wrong size.</summary>
    public bool WrongSize { get; set; }

    public override async Task Decode(
        IAsyncStreamReader<VaeDecodeRequest> requestStream, IServerStreamWriter<VaeDecodeResponse> responseStream, ServerCallContext context)
    {
        using var call = Calls.Enter(context);
        using var assembler = new TensorAssembler(new TensorLimits());
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            if (request.KindCase == VaeDecodeRequest.KindOneofCase.Frame)
            {
                assembler.Accept(request.Frame);
            }
        }
        using var tensors = assembler.Complete();
        var latents = tensors.Find("latents") ?? throw StageFaults.InvalidRequest("vae", "latents are missing");
        await responseStream.WriteAsync(new VaeDecodeResponse { Started = new CallStarted() });
        await Calls.HoldAsync(context);
        var scale = Model.Vae.ScaleFactor;
        var (height, width) = ((int)latents.Shape[1] * scale, (int)latents.Shape[2] * scale);
        if (WrongSize)
        {
            height -= scale;
        }
        var pixels = Picture(width, height, latents.Bytes.Span[0]);
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("image", DataType.Uint8, [height, width, 3], pixels), id: 0))
        {
            await responseStream.WriteAsync(new VaeDecodeResponse { Frame = frame });
        }
        await responseStream.WriteAsync(new VaeDecodeResponse { Finished = new CallFinished { ComputeSeconds = 0.125 } });
    }

    public static byte[] Picture(int width, int height, byte red)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var left = i / 3 % width < width / 2;
            pixels[i] = left ? red : (byte)255;
            pixels[i + 1] = pixels[i + 2] = left ? (byte)0 : (byte)255;
        }
        return pixels;
    }
}
