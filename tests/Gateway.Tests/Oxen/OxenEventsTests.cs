using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>GET /api/events.</summary>
public sealed class OxenEventsTests
{
    private const string Small = """{"model":"qwen-image","prompt":"x","size":"512x512","output_format":"png"}""";

    // Of 15 seconds each.
    private const int MostQuiet = 12;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_end_before_the_connection_is_told_again_and_one_after_it_once()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var early = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        await mesh.Gateway.WithStatusAsync(early, "succeeded");
        using var stream = await ConnectAsync(mesh.Gateway, null);
        var told = await EventAsync(stream);
        var url = (string?)(await mesh.Gateway.GetAsync($"/api/ai/queue/{early}"))["result_url"];
        Assert.Equal($$"""data: {"generation_id":"{{early}}","status":"succeeded","media_type":"image","model":"qwen-image","url":"{{url}}"}""", told);

        var late = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        Assert.Contains($"\"generation_id\":\"{late}\"", await EventAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_error_and_a_cancellation_is_not_told()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Gateway:MaxConcurrentGenerations"] = "1" });
        using var stream = await ConnectAsync(mesh.Gateway, null);
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        var cancelled = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        await mesh.Gateway.WithStatusAsync(cancelled, "processing");
        await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        await mesh.Gateway.CallAsync(HttpMethod.Delete, $"/api/ai/queue/{cancelled}");
        await mesh.Gateway.WithStatusAsync(cancelled, "cancelled");
        mesh.Denoiser.Service.Calls.Hold = Task.CompletedTask;
        mesh.Denoiser.Service.Calls.FailNext(StageFaults.InvalidRequest("denoiser", "cannot draw this"));
        var failed = Assert.Single(await mesh.Gateway.EnqueueAsync(Small));
        var data = JsonNode.Parse((await EventAsync(stream))["data: ".Length..])!;
        Assert.Equal((failed, "failed", null), ((string?)data["generation_id"], (string?)data["status"], (string?)data["url"]));
        Assert.Contains("cannot draw this", (string?)data["error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_is_told()
    {
        var settings = TestKeys.Settings("alice");
        settings["Access:Keys:1:Id"] = "bob";
        settings["Access:Keys:1:Sha256"] = TestKeys.Hash(TestKeys.Of("bob"));
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        using var stream = await ConnectAsync(mesh.Gateway, "bob");
        using var ofAlice = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, "/api/ai/images/generate", Small);
        Assert.Equal(HttpStatusCode.OK, ofAlice.StatusCode);
        using var ofBob = await mesh.Gateway.SendAsync("bob", HttpMethod.Post, "/api/ai/queue", Small);
        var id = (string?)JsonNode.Parse(await ofBob.TextAsync())!["generations"]![0]!["generation_id"];
        Assert.Contains($"\"generation_id\":\"{id}\"", await EventAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_stream_shows_life()
    {
        var time = new ShiftedClock();
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Jobs:PollSeconds"] = "0.05" }, services: services => services.AddSingleton<TimeProvider>(time));
        using var stream = await ConnectAsync(mesh.Gateway, null);
        var line = ReadLineAsync(stream);
        for (var i = 0; i < 1000 && !line.IsCompleted; i++)
        {
            time.Shift += TimeSpan.FromSeconds(15);
            await Task.WhenAny(line, Task.Delay(20, TestContext.Current.CancellationToken));
        }
        Assert.Equal(": keep-alive", await line);
    }

    [Fact]
    public async Task A_stopping_gateway_ends_its_streams()
    {
        await using var mesh = await FakeMesh.StartAsync();
        using var stream = await ConnectAsync(mesh.Gateway, null);
        await mesh.Gateway.StopAsync(TestContext.Current.CancellationToken).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Null(await ReadLineAsync(stream));
    }

    private static async Task<StreamReader> ConnectAsync(GatewayHost gateway, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/events", UriKind.Relative));
        request.Headers.Authorization = key is null ? null : new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", TestKeys.Of(key));
        var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        return new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    // The data of the next event, after the very lines that the vendor's clients look for.
    private static async Task<string> EventAsync(StreamReader stream)
    {
        var line = await ReadLineAsync(stream);
        // On a slow machine it may have been quiet for long before.
        for (var quiet = 0; line == ": keep-alive" && quiet < MostQuiet; quiet++)
        {
            Assert.Equal("", await ReadLineAsync(stream));
            line = await ReadLineAsync(stream);
        }
        Assert.Equal("event: media_generation_completed", line);
        var data = await ReadLineAsync(stream);
        Assert.StartsWith("data: {\"generation_id\":\"", data, StringComparison.Ordinal);
        Assert.Equal("", await ReadLineAsync(stream));
        // mawk looks at nothing of a pipe before it has 4 KiB.
        Assert.True((await ReadLineAsync(stream))!.StartsWith(": ", StringComparison.Ordinal) && (await ReadLineAsync(stream))!.Length == 0);
        return data!;
    }

    private static Task<string?> ReadLineAsync(StreamReader stream) =>
        stream.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound, TestContext.Current.CancellationToken);

    /// <summary>Time whose stamps are shifted, too.</summary>
    private sealed class ShiftedClock : TimeProvider
    {
        private long _ticks;

        public TimeSpan Shift
        {
            get => new(Interlocked.Read(ref _ticks));
            set => Interlocked.Exchange(ref _ticks, value.Ticks);
        }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
