using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>How a stage's process ends by itself, and that it does not when it has only been paused. Supervisors go by the exit code.</summary>
public sealed class StageEndTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Encoder")]
    [InlineData("Denoiser")]
    [InlineData("Vae")]
    public async Task A_stage_whose_model_cannot_be_loaded_exits_with_1(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("model_index.json", "{}");
        await using var stage = ServiceProcess.StartStage(name, folder.Path);
        Assert.Equal(1, await stage.EndAsync());
        Assert.Contains("The model could not be loaded", stage.Log, StringComparison.Ordinal);
    }

    /// <summary>Its blocks take longer than it may take for one.</summary>
    [Fact]
    public async Task A_stage_whose_computation_does_not_get_on_exits_with_1()
    {
        await using var denoiser = ServiceProcess.StartStage("Denoiser", Repository.NanoModel, Stall("0.05"));
        await denoiser.ReadyAsync("/health/ready", Token);
        using var channel = GrpcChannel.ForAddress(denoiser.GrpcAddress);
        var failed = await Assert.ThrowsAsync<RpcException>(() => DenoiseAsync(channel, cells: 256, steps: 1));
        Assert.Equal(StatusCode.Aborted, failed.StatusCode);
        Assert.Equal(1, await denoiser.EndAsync());
    }

    [Fact]
    public async Task A_stage_that_was_paused_goes_on()
    {
        var limit = TimeSpan.FromSeconds(4);
        await using var denoiser = ServiceProcess.StartStage("Denoiser", Repository.NanoModel, Stall("4"));
        await denoiser.ReadyAsync("/health/ready", Token);
        using var channel = GrpcChannel.ForAddress(denoiser.GrpcAddress);
        var wasComputing = false;
        for (var attempt = 0; attempt < 5 && !wasComputing; attempt++)
        {
            wasComputing = await PauseAsync(denoiser, channel, 2 * limit);
        }
        Assert.True(wasComputing);
        Assert.Equal(0, await denoiser.StopAsync());
    }

    /// <returns>Whether it was computing meanwhile: when this process stands still it may have ended before.</returns>
    private static async Task<bool> PauseAsync(ServiceProcess denoiser, GrpcChannel channel, TimeSpan pause)
    {
        var before = await DenoiserSteps.DoneAsync(denoiser, Token);
        var running = DenoiseAsync(channel, cells: 48, steps: 200);
        await Eventually.TrueAsync(async () => await DenoiserSteps.DoneAsync(denoiser, Token) > before, "a step is done");
        await denoiser.SignalAsync("STOP");
        await Task.Delay(pause, Token);
        var wasComputing = !running.IsCompleted;
        await denoiser.SignalAsync("CONT");
        await running;
        return wasComputing;
    }

    private static Dictionary<string, string> Stall(string seconds) => new() { ["Stage__StallSeconds"] = seconds };

    private static async Task DenoiseAsync(GrpcChannel channel, int cells, int steps)
    {
        const int Tokens = 8;
        const int Width = 128;
        var parameters = new DenoiseParameters
        {
            LatentHeight = cells,
            LatentWidth = cells,
            NumInferenceSteps = steps,
            TrueCfgScale = 1,
            Scheduler = Scheduler.Checkpoint,
        };
        var prompt = new OutgoingTensor("prompt_embeds", DataType.Float32, [Tokens, Width], new byte[Tokens * Width * sizeof(float)]);
        (await StageCalls.DenoiseAsync(channel, parameters, prompt)).Dispose();
    }
}
