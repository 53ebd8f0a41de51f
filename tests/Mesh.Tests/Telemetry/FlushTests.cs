using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests.Telemetry;

/// <summary>What a service has not exported when it is told to stop goes out after its last call has ended.</summary>
public sealed class FlushTests
{
    [Fact]
    public async Task A_call_that_runs_into_the_stop_is_exported_after_it_has_drained()
    {
        var token = TestContext.Current.CancellationToken;
        await using var collector = await OtlpCollector.StartAsync();
        // Nothing is exported because its time has come.
        var settings = collector.Settings(everyMilliseconds: 3_600_000);
        await using var encoder = ServiceProcess.StartStage("Encoder", Repository.NanoModel, settings);
        // However long the picture takes, it does not hand the call back: there is no other to take it.
        await using var denoiser = ServiceProcess.StartStage(
            "Denoiser", Repository.NanoModel, new Dictionary<string, string>(settings) { ["Stage__HandBackSeconds"] = "600" });
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel, settings);
        await using var gateway = ServiceProcess.StartGateway([encoder], [denoiser], [vae], settings);
        await gateway.ReadyAsync("/v1/health/ready", token);

        var trace = $"{ActivityTraceId.CreateRandom()}";
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{gateway.HttpPort}/v1/infer")
        {
            Content = JsonContent.Create(new { prompt = "a green star", width = 512, height = 512, steps = 80, seed = 1 }),
        };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        var running = client.SendAsync(request, token);
        while (true)
        {
            // Asked for first: of what is over by then, the steps are counted.
            var isOver = running.IsCompleted;
            if (await HasStepsAsync(client, denoiser))
            {
                break;
            }
            Assert.False(isOver, "the picture was finished before a step was seen");
            await Task.Delay(20, token);
        }
        var stopping = new[] { gateway.StopAsync(), denoiser.StopAsync(), encoder.StopAsync() };
        using var response = await running;
        response.EnsureSuccessStatusCode();
        Assert.All(await Task.WhenAll(stopping), exitCode => Assert.Equal(0, exitCode));
        Assert.Equal(0, await vae.StopAsync());

        Assert.True(TracedMesh.IsWhole(collector.Trace(trace), TracedMesh.Services), "spans are missing");
        var instruments = collector.Metrics.SelectMany(batch => batch).Select(instrument => instrument.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "qwenmesh.gateway.generation.duration", "qwenmesh.encoder.prompts", "qwenmesh.denoiser.step.duration", "qwenmesh.vae.decode.duration",
            },
            instruments);
    }

    private static async Task<bool> HasStepsAsync(HttpClient client, ServiceProcess denoiser)
    {
        var text = await client.GetStringAsync($"http://127.0.0.1:{denoiser.HttpPort}/metrics", TestContext.Current.CancellationToken);
        return Regex.IsMatch(text, @"^qwenmesh_denoiser_step_duration_seconds_count\{", RegexOptions.Multiline, TimeSpan.FromSeconds(10));
    }
}
