using System.Runtime.InteropServices;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>NaN would be drawn as black.</summary>
public sealed class NotFiniteTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_checkpoint_that_gives_NaN_stops_the_stage()
    {
        using var folder = new TemporaryFolder();
        await using var app = VaeHost.Build("--Model:Path=" + DamagedCheckpoint.WithNaN(folder, VaeHost.Model, "vae", "decoder.conv_out.bias"));
        var stopping = new TaskCompletionSource();
        app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        var exitCode = Environment.ExitCode;
        try
        {
            await app.StartAsync(Stop);
            await stopping.Task.WaitAsync(TimeSpan.FromMinutes(1), Stop);
            Assert.Equal(1, Environment.ExitCode);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
        Assert.Contains("the picture came out with values that are not finite", app.Services.GetRequiredService<StageReadiness>().Reason, StringComparison.Ordinal);
    }

    /// <summary>Latents that are finite, and too large for the model's arithmetic.</summary>
    [Fact]
    public async Task A_picture_of_NaN_is_the_stages_fault()
    {
        var latents = new float[host.LatentChannels * 4];
        Array.Fill(latents, 3e38f);
        var bytes = MemoryMarshal.AsBytes(latents.AsSpan()).ToArray();
        using var call = host.Client.Decode(cancellationToken: Stop);
        await call.RequestStream.WriteAsync(new DecodeRequest { Parameters = new DecodeParameters() }, Stop);
        foreach (var frame in TensorFrames.Split("latents", DataType.Float32, [host.LatentChannels, 2, 2], bytes))
        {
            await call.RequestStream.WriteAsync(new DecodeRequest { Frame = frame }, Stop);
        }
        await call.RequestStream.CompleteAsync();
        var failed = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop));
        Assert.Equal((StatusCode.Internal, StageFault.Types.Kind.Internal), (failed.StatusCode, StageFaults.Read(failed)!.Kind));
        Assert.Contains("not finite", failed.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }
}
