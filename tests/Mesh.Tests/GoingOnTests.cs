using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>What was denoised is not done again, whoever dies: the picture goes on from its last checkpoint and is the same bit for bit.</summary>
public sealed partial class GoingOnTests : IAsyncLifetime
{
    private const int Steps = 80;
    private const int HitAfter = 20;
    private const int LateHitAfter = 32;

    // Of a picture that is hit: it has steps left for longer than it takes to hit it.
    private const int MostDone = 60;
    private const int CheckpointSteps = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly Dictionary<string, object> Request = new()
    {
        ["prompt"] = "a blue square on a white background",
        ["width"] = 768,
        ["height"] = 768,
        ["steps"] = Steps,
        ["seed"] = 5,
    };

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Gateway__CheckpointSteps"] = $"{CheckpointSteps}",
        ["Gateway__StallSeconds"] = "2",
        ["Gateway__StallSteps"] = "5",
        ["Gateway__PreStopSeconds"] = "0",
        ["Gateway__DrainSeconds"] = "0",
        ["Jobs__CheckpointSeconds"] = "0",
        ["Jobs__LeaseSeconds"] = "1",
    };

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServiceProcess> _processes = [];
    private ServiceProcess _encoder = null!;
    private ServiceProcess _first = null!;
    private ServiceProcess _second = null!;
    private ServiceProcess _vae = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Dictionary<string, string> settings = new() { ["Stage__HandBackSeconds"] = "0" };
        _encoder = Add(ServiceProcess.StartStage("Encoder", Repository.NanoModel));
        _first = Add(ServiceProcess.StartStage("Denoiser", Repository.NanoModel, settings));
        _second = Add(ServiceProcess.StartStage("Denoiser", Repository.NanoModel, settings));
        _vae = Add(ServiceProcess.StartStage("Vae", Repository.NanoModel));
        foreach (var stage in _processes)
        {
            await stage.ReadyAsync("/health/ready", Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
        _folder.Dispose();
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    [InlineData("TERM")]
    public async Task A_denoiser_that_goes_costs_the_steps_since_its_last_checkpoint(string signal)
    {
        var gateway = await GatewayAsync(Settings, _first, _second);
        await HitAsync(gateway, victim => victim.SignalAsync(signal));
    }

    [Fact]
    public async Task A_machine_that_is_gone_without_a_word_is_noticed_by_what_it_does_not_acknowledge()
    {
        await using var gone = await SilencedPort.RequireAsync(Cancellation);
        // Nothing else may notice it.
        var gateway = await GatewayAsync(
            new(Settings) { ["Gateway__StallSeconds"] = "600", ["Stages__HealthIntervalSeconds"] = "600", ["Stages__HealthTimeoutSeconds"] = "600" },
            _first, _second);
        var clock = new Stopwatch();
        await HitAsync(gateway, async victim =>
        {
            await gone.SilenceAsync(victim.GrpcPort);
            clock.Start();
            await Eventually.TrueAsync(() => Task.FromResult(gateway.Log.Contains("lost; trying again", StringComparison.Ordinal)), "the Gateway has noticed it");
            Findings.Print("machine-gone", $"A machine that is gone was noticed after {clock.Elapsed.TotalSeconds:F2} s.");
        });
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Another_gateway_goes_on_with_the_pictures_of_one_that_goes(string signal)
    {
        var first = await GatewayAsync(Settings, _first);
        var expected = await DrawAsync(first);
        var (before, id) = await DrawnInPartAsync(first);
        await first.SignalAsync(signal);

        var second = await GatewayAsync(Settings, _first);
        using var other = Client(second);
        Assert.Equal(expected, await PollAsync(other, id));
        await Eventually.TrueAsync(() => GoesOn().IsMatch(second.Log), "the second one says that it goes on with the picture");
        // What the call of the first one still did, and what was not kept; all of it would be done again by one that begins anew.
        Assert.InRange(await DenoiserSteps.DoneAsync(_first, Cancellation) - before, Steps, Steps + LateHitAfter - 1);
    }

    // Draws a picture, does something to the Denoiser that draws it, and expects the same picture, with few steps on the other one.
    private async Task HitAsync(ServiceProcess gateway, Func<ServiceProcess, Task> hit)
    {
        var expected = await DrawAsync(gateway);
        var before = (First: await DenoiserSteps.DoneAsync(_first, Cancellation), Second: await DenoiserSteps.DoneAsync(_second, Cancellation));
        var drawing = DrawAsync(gateway);
        var (clock, all) = (Stopwatch.StartNew(), Stopwatch.StartNew());
        ServiceProcess victim, other;
        double others;
        while (true)
        {
            if (drawing.IsCompleted)
            {
                // This process stood still, and missed what it was to hit.
                Assert.Equal(expected, await drawing);
                before = (await DenoiserSteps.DoneAsync(_first, Cancellation), await DenoiserSteps.DoneAsync(_second, Cancellation));
                drawing = DrawAsync(gateway);
                clock.Restart();
            }
            var asked = clock.Elapsed;
            var (first, second) = (await DenoiserSteps.DoneAsync(_first, Cancellation) - before.First, await DenoiserSteps.DoneAsync(_second, Cancellation) - before.Second);
            if (Math.Max(first, second) >= HitAfter && first + second <= MostDone && IsTrue(asked, clock))
            {
                (victim, other, others) = first > second ? (_first, _second, before.Second) : (_second, _first, before.First);
                break;
            }
            Assert.True(all.Elapsed < Patience, "no picture was seen while it was drawn");
            await Task.Delay(5, Cancellation);
        }
        await hit(victim);

        Assert.Equal(expected, await drawing);
        // From its last checkpoint, or from one of the two before it, when those were on their way at that moment.
        Assert.InRange(await DenoiserSteps.DoneAsync(other, Cancellation) - others, 1, Steps - HitAfter + (3 * CheckpointSteps));
    }

    // A job of which some steps are done, and others are not.
    private async Task<(double Before, string Id)> DrawnInPartAsync(ServiceProcess gateway)
    {
        using var client = Client(gateway);
        var (clock, all) = (new Stopwatch(), Stopwatch.StartNew());
        while (true)
        {
            Assert.True(all.Elapsed < Patience, "no picture was seen while it was drawn");
            var before = await DenoiserSteps.DoneAsync(_first, Cancellation);
            var id = await SubmitAsync(client);
            clock.Restart();
            var (asked, done) = (TimeSpan.Zero, 0d);
            await Eventually.TrueAsync(async () =>
            {
                asked = clock.Elapsed;
                done = await DenoiserSteps.DoneAsync(_first, Cancellation) - before;
                return done >= LateHitAfter;
            }, "some steps are done");
            if (IsTrue(asked, clock) && done <= MostDone)
            {
                return (before, id);
            }
            await PollAsync(client, id); // This process stood still, and missed it.
        }
    }

    // An answer that has waited for this process while it stood still is not true any more.
    private static bool IsTrue(TimeSpan asked, Stopwatch clock) => clock.Elapsed - asked < asked / 4;

    private static HttpClient Client(ServiceProcess gateway) =>
        new() { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(3) };

    private static async Task<string> SubmitAsync(HttpClient client)
    {
        using var submission = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = JsonContent.Create(Request) };
        submission.Headers.Add("NVCF-POLL-SECONDS", "0");
        using var accepted = await client.SendAsync(submission, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        return accepted.Headers.GetValues("NVCF-REQID").Single();
    }

    private static async Task<string> DrawAsync(ServiceProcess gateway)
    {
        using var client = Client(gateway);
        using var response = await client.PostAsJsonAsync("/v1/infer", Request, Cancellation);
        return await PictureAsync(response);
    }

    private static async Task<string> PollAsync(HttpClient client, string id)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/status/{id}");
            request.Headers.Add("NVCF-POLL-SECONDS", "60");
            using var response = await client.SendAsync(request, Cancellation);
            if (response.StatusCode != HttpStatusCode.Accepted)
            {
                return await PictureAsync(response);
            }
        }
    }

    private static async Task<string> PictureAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("artifacts")[0].GetProperty("base64").GetString()!;
    }

    private Task<ServiceProcess> GatewayAsync(Dictionary<string, string> settings, params ServiceProcess[] denoisers) => Add(ServiceProcess.StartGateway(
        [_encoder], denoisers, [_vae], new Dictionary<string, string>(settings) { ["Jobs__Folder"] = _folder.Path }))
        .ReadyAsync("/v1/health/ready", Cancellation);

    private ServiceProcess Add(ServiceProcess process)
    {
        _processes.Add(process);
        return process;
    }

    [GeneratedRegex(@"goes on with picture 0 after step \d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GoesOn();
}
