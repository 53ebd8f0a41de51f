using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.DashScope.DashScopeCalls;

namespace QwenMesh.Gateway.Tests.DashScope;

/// <summary>Text to image as tasks.</summary>
public sealed class TaskTests
{
    private static readonly Dictionary<string, string?> OneAtATime = new() { ["Gateway:MaxConcurrentGenerations"] = "1" };

    [Fact]
    public async Task A_task_goes_from_pending_over_running_to_succeeded()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var (running, waiting) = await TwoAsync(mesh, out var hold);

        var pending = await mesh.Gateway.UntilAsync(waiting, "PENDING");
        Assert.Equal(["task_id", "task_status", "submit_time"], Names(pending));
        Assert.Equal(["task_id", "task_status", "submit_time", "scheduled_time"], Names(await mesh.Gateway.UntilAsync(running, "RUNNING")));
        hold.SetResult();
        var done = await mesh.Gateway.UntilAsync(waiting, "SUCCEEDED");

        Assert.Equal(["task_id", "task_status", "submit_time", "scheduled_time", "end_time", "results"], Names(done));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\z", done.TextAt("output.end_time"));
        Assert.InRange(DateTime.Parse(done.TextAt("output.submit_time")!, System.Globalization.CultureInfo.InvariantCulture), DateTime.UtcNow.AddHours(-0.5), DateTime.UtcNow.AddSeconds(1));
        Assert.Equal(("a red circle", "a red circle", waiting, 1),
            (done.TextAt("output.results.0.orig_prompt"), done.TextAt("output.results.0.actual_prompt"), done.TextAt("output.task_id"), done.At("usage.image_count").GetInt32()));
        var file = await mesh.Gateway.Http.GetByteArrayAsync(new Uri(done.TextAt("output.results.0.url")!), TestContext.Current.CancellationToken);
        Assert.Equal(QwenMesh.Imaging.ImageFormat.Png, QwenMesh.Imaging.ImageFormats.Sniff(file));
    }

    [Fact]
    public async Task Only_a_task_that_waits_is_cancelled()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: OneAtATime);
        var (running, waiting) = await TwoAsync(mesh, out var hold);
        var cancelled = await mesh.Gateway.CancelTaskAsync(waiting);
        Assert.Equal((200, $$"""{"request_id":"{{cancelled.Headers["x-request-id"]}}"}"""), (cancelled.Status, cancelled.Text));
        Assert.Equal(["task_id", "task_status", "submit_time", "end_time"], Names(await mesh.Gateway.UntilAsync(waiting, "CANCELED")));
        await mesh.Gateway.UntilAsync(running, "RUNNING");
        foreach (var id in new[] { running, "nothing" })
        {
            var refused = await mesh.Gateway.CancelTaskAsync(id);
            Assert.Equal((400, "UnsupportedOperation"), (refused.Status, refused.TextAt("code")));
        }
        hold.SetResult();
        await mesh.Gateway.UntilAsync(running, "SUCCEEDED");
    }

    [Fact]
    public async Task A_task_that_has_failed_says_why()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = new RpcException(new Status(StatusCode.InvalidArgument, "too many steps"));
        var failed = await mesh.Gateway.UntilAsync((await mesh.Gateway.SubmitAsync()).TextAt("output.task_id")!, "FAILED");
        Assert.Equal("InvalidParameter", failed.TextAt("output.code"));
        Assert.Contains("too many steps", failed.TextAt("output.message"), StringComparison.Ordinal);
        Assert.False(failed.Json.TryGetProperty("usage", out _));
    }

    [Fact]
    public async Task A_task_whose_picture_is_withheld_has_failed()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.AddSingleton<IGuardrails>(new WithholdingGuardrails(1)));
        var failed = await mesh.Gateway.UntilAsync((await mesh.Gateway.SubmitAsync()).TextAt("output.task_id")!, "FAILED");
        Assert.Equal("DataInspectionFailed", failed.TextAt("output.code"));
        var refused = await mesh.Gateway.SubmitAsync(prompt: "refused");
        Assert.Equal((400, "DataInspectionFailed"), (refused.Status, refused.TextAt("code")));
    }

    [Fact]
    public async Task A_task_of_another_owner_or_dialect_or_of_nobody_is_unknown()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>(TestKeys.Settings("alice")) { ["Access:AllowAnonymous"] = "true" });
        var submitted = await mesh.Gateway.SubmitAsync();
        var id = submitted.TextAt("output.task_id")!;
        Assert.Equal($$"""{"output":{"task_status":"PENDING","task_id":"{{id}}"},"request_id":"{{submitted.Headers["x-request-id"]}}"}""", submitted.Text);
        await mesh.Gateway.UntilAsync(id, "SUCCEEDED");
        var others = await mesh.Gateway.CallAsync(HttpMethod.Get, $"/api/v1/tasks/{id}", headers: ("Authorization", $"Bearer {TestKeys.Of("alice")}"));
        Assert.Equal((200, "UNKNOWN"), (others.Status, others.TextAt("output.task_status")));
        var nobodys = await mesh.Gateway.TaskAsync("0198d0c1-0000-7000-8000-000000000000");
        Assert.Equal("""{"task_id":"0198d0c1-0000-7000-8000-000000000000","task_status":"UNKNOWN"}""", nobodys.At("output").GetRawText());
        var fal = await mesh.Gateway.CallAsync(HttpMethod.Post, "/queue/fal-ai/qwen-image", """{"prompt":"x"}""");
        Assert.Equal("UNKNOWN", (await mesh.Gateway.TaskAsync(fal.TextAt("request_id")!)).TextAt("output.task_status"));
    }

    [Fact]
    public async Task The_negative_prompt_may_be_beside_the_prompt_and_what_has_no_influence_is_named()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var submitted = await mesh.Gateway.CallAsync(HttpMethod.Post, Async,
            """{"model":"qwen-image","input":{"prompt":"a red circle","negative_prompt":"blue","ref_img":"x"},"parameters":{"n":1,"size":"928*1664"}}""", Enable);
        Assert.Equal("input.ref_img", submitted.Headers["x-qwenmesh-ignored"]);
        await mesh.Gateway.UntilAsync(submitted.TextAt("output.task_id")!, "SUCCEEDED");
        Assert.Equal(["a red circle", "blue"], mesh.Encoder.Service.Requests.Single().Prompts);
    }

    private static IEnumerable<string> Names(JsonReply task) => task.At("output").EnumerateObject().Select(member => member.Name);

    // The first one runs, held in its first step, and the second one waits.
    private static Task<(string Running, string Waiting)> TwoAsync(FakeMesh mesh, out TaskCompletionSource hold)
    {
        var held = hold = new TaskCompletionSource();
        return StartAsync();

        async Task<(string, string)> StartAsync()
        {
            mesh.Denoiser.Service.Calls.Hold = held.Task;
            var running = await mesh.Gateway.SubmitAsync();
            await mesh.Denoiser.Service.Calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            var waiting = await mesh.Gateway.SubmitAsync();
            return (running.TextAt("output.task_id")!, waiting.TextAt("output.task_id")!);
        }
    }
}
