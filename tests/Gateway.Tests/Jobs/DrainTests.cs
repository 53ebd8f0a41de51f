using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.FrontDoor;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>A Gateway that stops finishes what it runs, and keeps it its own until then.</summary>
public sealed class DrainTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_stays_with_its_Gateway_for_as_long_as_that_takes_to_stop()
    {
        var hold = new TaskCompletionSource();
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:PreStopSeconds"] = "0" }, services: QuickLeases.Register);
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var id = await SubmitAsync(mesh);
        await Eventually.TrueAsync(async () => (await RowAsync(mesh, id)).State == JobState.Running, "the job runs");

        using var hurry = new CancellationTokenSource();
        var stopping = mesh.Gateway.StopAsync(hurry.Token);
        await Eventually.TrueAsync(() => IsClosedAsync(mesh), "the ports are closed");
        // One renewal may be under way; two more are of a Gateway that still holds its job.
        for (var i = 0; i < 3; i++)
        {
            var before = (await RowAsync(mesh, id)).LeaseUntil;
            await Eventually.TrueAsync(async () => (await RowAsync(mesh, id)).LeaseUntil > before, "the lease is extended while the job ends");
        }
        hold.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        var ended = await RowAsync(mesh, id);
        Assert.Equal((JobState.Succeeded, 1, 0), (ended.State, ended.Attempts, ended.Losses));
    }

    [Fact]
    public async Task Who_watches_a_job_that_does_not_run_here_does_not_hold_up_the_stop()
    {
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:PreStopSeconds"] = "0" }, services: ManualJobs.WithoutLoops);
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        using var watch = client.Watch((await client.SubmitAsync()).Id);
        Assert.True(await watch.ResponseStream.MoveNext(Stop));
        var asked = await mesh.Gateway.CallAsync(HttpMethod.Post, "/queue/fal-ai/qwen-image", """{"prompt":"x"}""");
        var id = asked.TextAt("request_id")!;
        using var stream = await mesh.Gateway.Http.GetAsync(
            new Uri($"/queue/fal-ai/qwen-image/requests/{id}/status/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Stop);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync(Stop));
        Assert.Contains("IN_QUEUE", await events.ReadLineAsync(Stop), StringComparison.Ordinal);
        var poll = mesh.Gateway.Services.GetRequiredService<JobWatcher>().WaitAsync(id, TimeSpan.FromHours(1), Stop);

        using var hurry = new CancellationTokenSource();
        await mesh.Gateway.StopAsync(hurry.Token).WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(JobState.Queued, (await poll.WaitAsync(TimeSpan.FromSeconds(60), Stop))!.State);
        Assert.DoesNotContain("COMPLETED", await events.ReadToEndAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Stop))).StatusCode);
    }

    private static async Task<string> SubmitAsync(FakeMesh mesh)
    {
        using var client = new DurableClient(mesh.Gateway.GrpcAddress);
        return (await client.SubmitAsync()).Id;
    }

    private static async Task<bool> IsClosedAsync(FakeMesh mesh)
    {
        try
        {
            using var response = await mesh.Gateway.Http.GetAsync(new Uri("/health/live", UriKind.Relative), Stop);
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    private static async Task<JobRow> RowAsync(FakeMesh mesh, string id)
    {
        await using var db = await mesh.Gateway.Services.GetRequiredService<IDbContextFactory<JobsDb>>().CreateDbContextAsync(Stop);
        return await db.Jobs.SingleAsync(row => row.Id == id, Stop);
    }
}
