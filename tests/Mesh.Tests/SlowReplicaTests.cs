using System.Net.Http.Json;

namespace QwenMesh.Mesh.Tests;

/// <summary>A replica that computes slowly gets less to do.</summary>
public sealed class SlowReplicaTests : IAsyncLifetime
{
    private const int Pictures = 24, AtATime = 2, Steps = 6;

    // Of so many pictures each. One in which the fast one stands still, on a busy machine, tells nothing, and is a small part of all.
    private const int MostRounds = 4;

    private static readonly TimeSpan Standing = TimeSpan.FromMilliseconds(160), Running = TimeSpan.FromMilliseconds(40);

    private readonly List<ServiceProcess> _processes = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_denoiser_has_the_smaller_share()
    {
        Dictionary<string, string> settings = new() { ["Stage__Threads"] = "1" };
        var encoder = Add(ServiceProcess.StartStage("Encoder", Repository.NanoModel));
        var (fast, slow) = (Add(ServiceProcess.StartStage("Denoiser", Repository.NanoModel, settings)), Add(ServiceProcess.StartStage("Denoiser", Repository.NanoModel, settings)));
        var vae = Add(ServiceProcess.StartStage("Vae", Repository.NanoModel));
        var gateway = await Add(ServiceProcess.StartGateway([encoder], [fast, slow], [vae])).ReadyAsync("/v1/health/ready", Cancellation);
        await slow.ReadyAsync("/health/ready", Cancellation);
        await fast.ReadyAsync("/health/ready", Cancellation);
        await GatewayMetrics.ServingAsync(gateway, "denoiser", 2);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var slowing = SlowDownAsync(slow, stop.Token);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(3) };
        double most, least;
        var rounds = 0;
        do
        {
            rounds++;
            await DrawAsync(client);
            (most, least) = (await DenoiserSteps.DoneAsync(fast, Cancellation), await DenoiserSteps.DoneAsync(slow, Cancellation));
        }
        while (least * 2 >= most && rounds < MostRounds);
        await stop.CancelAsync();
        await slowing;

        Findings.Print("slow-replica", $"A Denoiser at about a fifth of the rate got {least / (most + least):P0} of the steps.");
        Assert.Equal(rounds * Pictures * Steps, most + least);
        Assert.True(least * 2 < most, $"the slow one did {least} steps, the fast one {most}");
    }

    private static Task DrawAsync(HttpClient client) =>
        Parallel.ForAsync(0, Pictures, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = Cancellation }, async (seed, cancellation) =>
        {
            using var response = await client.PostAsJsonAsync("/v1/infer", new { prompt = "a red circle", width = 512, height = 512, steps = Steps, seed }, cancellation);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellation));
        });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    // It stands still for most of the time, as one does that shares its processor.
    private static async Task SlowDownAsync(ServiceProcess process, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await process.SignalAsync("STOP");
            await Task.Delay(Standing, CancellationToken.None);
            await process.SignalAsync("CONT");
            await Task.Delay(Running, CancellationToken.None);
        }
    }

    private ServiceProcess Add(ServiceProcess process)
    {
        _processes.Add(process);
        return process;
    }
}
