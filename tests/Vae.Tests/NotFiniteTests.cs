using System.Runtime.InteropServices;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost;
using QwenMesh.Testing;

namespace QwenMesh.Vae.Tests;

/// <summary>NaN would be drawn as black.</summary>
public sealed class NotFiniteTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("decoder.conv_out.bias", "the picture")]
    [InlineData("encoder.conv_out.bias", "the latents")]
    public async Task A_checkpoint_that_gives_NaN_stops_the_stage(string damaged, string result)
    {
        using var folder = new TemporaryFolder();
        await using var app = VaeHost.Build("--Model:Path=" + DamagedCheckpoint.WithNaN(folder, VaeHost.Model, "vae", damaged));
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
        Assert.Contains(result + " came out with values that are not finite", app.Services.GetRequiredService<StageReadiness>().Reason, StringComparison.Ordinal);
    }

    /// <summary>Latents that are finite, and too large for the model's arithmetic.</summary>
    [Fact]
    public async Task A_picture_of_NaN_is_the_stages_fault()
    {
        var latents = new float[host.LatentChannels * 4];
        Array.Fill(latents, 3e38f);
        var bytes = MemoryMarshal.AsBytes(latents.AsSpan()).ToArray();
        var (code, fault) = await VaeCalls.RefusedAsync(
            host.Client.Decode(cancellationToken: Stop), VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [host.LatentChannels, 2, 2], bytes)), Stop);
        Assert.Equal((StatusCode.Internal, FaultReasons.ComputationFailed), (code, fault.Reason));
        Assert.Contains("not finite", fault.Detail, StringComparison.Ordinal);
        Assert.Equal(host.IdleTensors, host.Backend.LiveTensors);
    }
}
