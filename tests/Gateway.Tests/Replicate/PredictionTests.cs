using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>Predictions through their states, waited for and not.</summary>
public sealed class PredictionTests
{
    [Fact]
    public async Task A_prediction_goes_from_starting_over_processing_to_succeeded()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var hold = mesh.Hold();
        (mesh.Denoiser.Service.HoldAfterStep, mesh.Denoiser.Service.Steps) = (true, 15);
        var running = await mesh.Gateway.CreateAsync();
        await mesh.ReachedAsync();
        var waiting = await mesh.Gateway.CreateAsync("""{"input":{"prompt":"x","aspect_ratio":"1:1","image_size":"optimize_for_speed","seed":5,"go_fast":true,"mystery":1}}""");

        Assert.Equal((202, "starting", "mystery"), (waiting.Status, waiting.TextAt("status"), waiting.Headers["x-qwenmesh-ignored"]));
        Assert.Equal(
            ["id", "model", "version", "input", "logs", "output", "data_removed", "error", "source", "status", "created_at", "started_at", "completed_at", "metrics", "urls"],
            waiting.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("qwen/qwen-image", "hidden", ""), (waiting.TextAt("model"), waiting.TextAt("version"), waiting.TextAt("logs")));
        Assert.Equal("""{"prompt":"x","aspect_ratio":"1:1","image_size":"optimize_for_speed","seed":5,"go_fast":true}""", waiting.At("input").GetRawText());
        Assert.All(new[] { "output", "error", "started_at", "completed_at" }, name => Assert.Equal(JsonValueKind.Null, waiting.At(name).ValueKind));
        Assert.Equal(new Uri(mesh.Gateway.Http.BaseAddress!, $"/v1/predictions/{waiting.TextAt("id")}").AbsoluteUri, waiting.TextAt("urls.get"));
        Assert.Equal(waiting.TextAt("urls.get") + "/cancel", waiting.TextAt("urls.cancel"));
        Assert.Equal("starting", (await mesh.Gateway.PredictionAsync(waiting)).TextAt("status"));
        // 15 of 30 steps.
        var half = await UntilLogAsync(mesh, running, "15/30");
        Assert.Equal("processing", half.TextAt("status"));
        Assert.Contains(" 50%|#####     | 15/30", half.TextAt("logs"), StringComparison.Ordinal);

        hold.SetResult();
        var done = await mesh.Gateway.UntilAsync(waiting, "succeeded");
        Assert.Contains("Using seed: 5\n100%|##########| ", done.TextAt("logs"), StringComparison.Ordinal);
        string[] times = [done.TextAt("created_at")!, done.TextAt("started_at")!, done.TextAt("completed_at")!];
        Assert.All(times, time => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z", time));
        Assert.Equal(times.Order(StringComparer.Ordinal), times);
        Assert.True(done.At("metrics.total_time").GetDouble() >= done.At("metrics.predict_time").GetDouble());
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 1024, 1024), await mesh.Gateway.FetchAsync(done));
    }

    [Fact]
    public async Task A_client_that_prefers_to_wait_gets_the_end()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var done = await mesh.Gateway.CreateAsync(headers: Wait);
        Assert.Equal((201, "succeeded", "wait"), (done.Status, done.TextAt("status"), done.Headers["Preference-Applied"]));
        Assert.Equal(1024, (await mesh.Gateway.FetchAsync(done)).Width);
    }

    [Theory]
    [InlineData("wait=1")]
    [InlineData("wait=0")]
    [InlineData("respond-async; wait=\"1\"")]
    public async Task A_wait_that_is_over_before_the_end_says_starting_so_that_clients_ask_again(string prefer)
    {
        await using var mesh = await FakeMesh.StartAsync();
        var hold = mesh.Hold();
        var waited = await mesh.Gateway.CreateAsync(headers: ("Prefer", prefer));
        Assert.Equal((202, "starting"), (waited.Status, waited.TextAt("status")));
        await mesh.Gateway.UntilAsync(waited, "processing");
        hold.SetResult();
        await mesh.Gateway.UntilAsync(waited, "succeeded");
    }

    [Theory]
    [InlineData("respond-async")]
    [InlineData("wait=soon")]
    public async Task Other_preferences_are_not_waited_for(string prefer)
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Hold();
        var created = await mesh.Gateway.CreateAsync(headers: ("Prefer", prefer));
        Assert.Equal(202, created.Status);
        Assert.False(created.Headers.ContainsKey("Preference-Applied"));
    }

    [Fact]
    public async Task A_prediction_that_fails_says_why()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = new RpcException(new Status(StatusCode.InvalidArgument, "too many steps"));
        var failed = await mesh.Gateway.CreateAsync(headers: Wait);
        Assert.Equal((201, "failed"), (failed.Status, failed.TextAt("status")));
        Assert.Contains("too many steps", failed.TextAt("error"), StringComparison.Ordinal);
        Assert.Equal((200, JsonValueKind.Null), ((await mesh.Gateway.PredictionAsync(failed)).Status, failed.At("output").ValueKind));
    }

    [Fact]
    public async Task A_withheld_picture_is_a_failure()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithheldPictures()));
        var failed = await mesh.Gateway.CreateAsync(headers: Wait);
        Assert.Equal(("failed", "The picture is withheld by this service's rules.", JsonValueKind.Null), (failed.TextAt("status"), failed.TextAt("error"), failed.At("output").ValueKind));
    }

    [Fact]
    public async Task A_prediction_is_cancelled_while_it_waits_and_while_it_runs()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        mesh.Hold();
        var running = await mesh.Gateway.CreateAsync();
        await mesh.ReachedAsync();
        var waiting = await mesh.Gateway.CreateAsync();
        var cancelled = await mesh.Gateway.CancelAsync(waiting);
        Assert.Equal((200, "canceled"), (cancelled.Status, cancelled.TextAt("status")));
        Assert.Equal(200, (await mesh.Gateway.CancelAsync(running)).Status);
        await mesh.Denoiser.Service.Calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        foreach (var prediction in new[] { running, waiting })
        {
            var ended = await mesh.Gateway.UntilAsync(prediction, "canceled");
            Assert.Equal((JsonValueKind.String, JsonValueKind.Null), (ended.At("completed_at").ValueKind, ended.At("output").ValueKind));
            Assert.Equal((200, "canceled"), Answer(await mesh.Gateway.CancelAsync(prediction)));
        }
    }

    [Fact]
    public async Task What_has_succeeded_is_not_cancelled()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var done = await mesh.Gateway.CreateAsync(headers: Wait);
        Assert.Equal((200, "succeeded"), Answer(await mesh.Gateway.CancelAsync(done)));
    }

    private static (int, string?) Answer(JsonReply reply) => (reply.Status, reply.TextAt("status"));

    private static async Task<JsonReply> UntilLogAsync(FakeMesh mesh, JsonReply created, string text)
    {
        JsonReply? last = null;
        await QwenMesh.Testing.Eventually.TrueAsync(
            async () => (last = await mesh.Gateway.PredictionAsync(created)).TextAt("logs")!.Contains(text, StringComparison.Ordinal), $"the log says {text}");
        return last!;
    }
}
