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
    private const double LeaseSeconds = 1;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_stays_with_its_Gateway_for_as_long_as_that_takes_to_stop()
    {
        var hold = new TaskCompletionSource();
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
        {
            ["Jobs:LeaseSeconds"] = $"{LeaseSeconds}",
            ["Gateway:PreStopSeconds"] = "0",
        });
        mesh.Denoiser.Service.Calls.Hold = hold.Task;
        var id = await SubmitAsync(mesh);
        await Eventually.TrueAsync(async () => (await RowAsync(mesh, id)).State == JobState.Running, "the job runs");

        using var hurry = new CancellationTokenSource();
        var stopping = mesh.Gateway.StopAsync(hurry.Token);
        await Eventually.TrueAsync(() => IsClosedAsync(mesh), "the ports are closed");
        // One renewal may be under way; two more are of a Gateway that still holds its job.
        var before = (await RowAsync(mesh, id)).LeaseUntil;
        await Eventually.TrueAsync(
            async () => (await RowAsync(mesh, id)).LeaseUntil >= before + Moment.Of(TimeSpan.FromSeconds(LeaseSeconds)), "the lease is extended while the job ends");
        hold.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        var ended = await RowAsync(mesh, id);
        Assert.Equal((JobState.Succeeded, 1, 0), (ended.State, ended.Attempts, ended.Losses));
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
