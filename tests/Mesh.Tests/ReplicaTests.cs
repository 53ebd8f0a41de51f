using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace QwenMesh.Mesh.Tests;

/// <summary>A pool of two Denoisers: both work, and losing one loses no request.</summary>
public sealed class ReplicaTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Losing_a_denoiser_fails_no_request(bool killed)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var encoder = ServiceProcess.StartStage("Encoder", Repository.NanoModel);
        await using var first = ServiceProcess.StartStage("Denoiser", Repository.NanoModel);
        await using var second = ServiceProcess.StartStage("Denoiser", Repository.NanoModel);
        await using var vae = ServiceProcess.StartStage("Vae", Repository.NanoModel);
        await using var gateway = ServiceProcess.StartGateway([encoder], [first, second], [vae]);
        await first.ReadyAsync("/health/ready", cancellationToken);
        await second.ReadyAsync("/health/ready", cancellationToken);
        await gateway.ReadyAsync("/v1/health/ready", cancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(3) };

        // Two clients at a time until both replicas have worked.
        await GatewayMetrics.ServingAsync(gateway, "denoiser", 2);
        for (var round = 0; round < 10 && (await StepsAsync(first) == 0 || await StepsAsync(second) == 0); round++)
        {
            await GenerateAsync(client, 2, cancellationToken);
        }
        Assert.NotEqual(0, await StepsAsync(first));
        Assert.NotEqual(0, await StepsAsync(second));

        var before = await StepsAsync(first);
        var running = GenerateAsync(client, 12, cancellationToken);
        while (true)
        {
            // Asked for first: of what is over by then, the steps are counted.
            var isOver = running.IsCompleted;
            if (await StepsAsync(first) != before)
            {
                break;
            }
            Assert.False(isOver, "all pictures were made without the first replica");
            await Task.Delay(20, cancellationToken);
        }
        if (killed)
        {
            first.Kill();
        }
        else
        {
            Assert.Equal(0, await first.StopAsync());
        }
        await running;
        await GenerateAsync(client, 4, cancellationToken);
    }

    private static async Task GenerateAsync(HttpClient client, int count, CancellationToken cancellationToken) =>
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (seed, token) =>
        {
            var request = new { prompt = "a blue square on a white background", width = 512, height = 512, steps = 10, seed = seed + 1 };
            using var response = await client.PostAsJsonAsync("/v1/infer", request, token);
            Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(token));
        });

    /// <summary>Denoising steps done so far, from the replica's own metrics.</summary>
    private static async Task<double> StepsAsync(ServiceProcess denoiser)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync($"http://127.0.0.1:{denoiser.HttpPort}/metrics", TestContext.Current.CancellationToken);
        var match = Regex.Match(text, @"^qwenmesh_denoiser_step_duration_seconds_count\{[^}]*\} (?<steps>\d+)$", RegexOptions.Multiline, TimeSpan.FromSeconds(5));
        return match.Success ? double.Parse(match.Groups["steps"].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }
}
