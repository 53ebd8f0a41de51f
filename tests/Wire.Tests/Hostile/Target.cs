using Google.Protobuf;
using QwenMesh.Protocol.V1;
using QwenMesh.Wire.Tests.Calls;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>A streaming method of a stage, and a good call to it that hostile ones are made from.</summary>
/// <param name="Address">Of the port.</param>
/// <param name="Path">Of the method.</param>
/// <param name="Parameters">First message of the good call.</param>
/// <param name="Frames">Its tensor frames.</param>
/// <param name="Wrap">A frame as a message.</param>
internal sealed record Target(Uri Address, string Path, IMessage Parameters, IReadOnlyList<TensorFrame> Frames, Func<TensorFrame, IMessage> Wrap)
{
    private const string Gateway = "the Gateway's Denoiser";

    public static TheoryData<string> Names => ["Encoder", "Denoiser", "Vae", Gateway];

    /// <summary>The body of the good call.</summary>
    public byte[] Body => MessageFrames.Of([Parameters, .. Frames.Select(Wrap)]);

    public static Target Of(MeshHost mesh, string name) => name switch
    {
        "Encoder" => new(mesh.Encoder.Grpc, "/qwenmesh.v1.EncoderStage/Encode", Requests.Encode("good").Single(), [], frame => new EncodeRequest { Frame = frame }),
        "Vae" => Decode(mesh.Vae.Grpc),
        "Denoiser" => Denoise(mesh.Denoiser.Grpc),
        Gateway => Denoise(mesh.Ingress),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    /// <summary>The port still answers a good call, and nothing is held by those before it.</summary>
    public async Task StillServesAsync(MeshHost mesh)
    {
        using var calls = new RawCalls(Address);
        var reply = await calls.SendAsync(Path, Body);
        Assert.True(reply.IsOk, reply.ToString());
        await mesh.IdleAsync();
    }

    private static Target Denoise(Uri address)
    {
        var good = Requests.Denoise(cells: 4, steps: 1).ToArray();
        return new(address, "/qwenmesh.v1.DenoiserStage/Denoise", good[0], [.. good[1..].Select(request => request.Frame)], frame => new DenoiseRequest { Frame = frame });
    }

    private static Target Decode(Uri address)
    {
        var good = Requests.Decode(cells: 6).ToArray();
        return new(address, "/qwenmesh.v1.VaeStage/Decode", good[0], [.. good[1..].Select(request => request.Frame)], frame => new VaeDecodeRequest { Frame = frame });
    }
}
