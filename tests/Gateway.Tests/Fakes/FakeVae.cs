using System.Collections.Concurrent;
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
        Features = { StageFeatures.VaeEncode },
        Vae = new VaeInfo { ScaleFactor = 32, LatentChannels = FakeDenoiser.Channels, MaxPixels = 4 << 20 },
    };

    /// <summary>Answers with a picture of the wrong size.</summary>
    public bool WrongSize { get; set; }

    /// <summary>The pictures that were encoded, and the sizes to encode them at.</summary>
    public ConcurrentQueue<(WirePicture Picture, int Width, int Height)> Encoded { get; } = new();

    /// <summary>A posterior filled with the picture's first byte.</summary>
    public override async Task Encode(
        IAsyncStreamReader<VaeEncodeRequest> requestStream, IServerStreamWriter<VaeEncodeResponse> responseStream, ServerCallContext context)
    {
        using var call = Calls.Enter(context);
        VaeEncodeParameters? parameters = null;
        using var assembler = new TensorAssembler(new TensorLimits());
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            parameters ??= request.Parameters;
            if (request.KindCase == VaeEncodeRequest.KindOneofCase.Frame)
            {
                assembler.Accept(request.Frame);
            }
        }
        using var tensors = assembler.Complete();
        if (parameters is null || tensors.Find("image") is not { } image)
        {
            throw StageFaults.InvalidRequest("vae", "parameters or image are missing");
        }
        FakeFeatures.Check("vae", Model, parameters.RequiredFeatures);
        var picture = WirePicture.Of(image);
        Encoded.Enqueue((picture, parameters.Width, parameters.Height));
        await responseStream.WriteAsync(new VaeEncodeResponse { Started = new CallStarted() });
        long[] shape = [2 * FakeDenoiser.Channels, parameters.Height / Model.Vae.ScaleFactor, parameters.Width / Model.Vae.ScaleFactor];
        var bytes = new byte[shape[0] * shape[1] * shape[2] * sizeof(float)];
        Array.Fill(bytes, picture.First);
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("posterior", DataType.Float32, shape, bytes), id: 0))
        {
            await responseStream.WriteAsync(new VaeEncodeResponse { Frame = frame });
        }
        await responseStream.WriteAsync(new VaeEncodeResponse { Finished = new CallFinished { ComputeSeconds = 0.125 } });
    }

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
