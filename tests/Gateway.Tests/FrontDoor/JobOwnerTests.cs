using Grpc.Core;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.FrontDoor;

/// <summary>A job is its API key's, and nobody else knows that there is one.</summary>
public sealed class JobOwnerTests
{
    [Fact]
    public async Task Another_keys_job_is_not_found_by_any_call()
    {
        await using var mesh = await StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var alice = new DurableClient(mesh.Gateway.GrpcAddress, "alice");
        using var bob = new DurableClient(mesh.Gateway.GrpcAddress, "bob");
        var job = await alice.SubmitAsync();
        var unknown = Guid.CreateVersion7().ToString("D");
        foreach (var id in new[] { job.Id, unknown, "", "x" })
        {
            var faults = new[]
            {
                await DurableClient.RefusedAsync(() => bob.GetAsync(id), StatusCode.NotFound, FaultReasons.NotFound),
                await DurableClient.RefusedAsync(() => bob.EventsAsync(id), StatusCode.NotFound, FaultReasons.NotFound),
                await DurableClient.RefusedAsync(() => bob.CancelAsync(id), StatusCode.NotFound, FaultReasons.NotFound),
            };
            Assert.All(faults, fault => Assert.Equal(("gateway", "there is no job of this id", false), (fault.Stage, fault.Detail, fault.Retryable)));
        }
        Assert.Empty((await bob.ListAsync(new ListJobsRequest())).Jobs);
        Assert.Equal(job.Id, Assert.Single((await alice.ListAsync(new ListJobsRequest())).Jobs).Id);
        Assert.False((await alice.GetAsync(job.Id)).CancelRequested);
    }

    [Fact]
    public async Task Idempotency_keys_and_webhook_secrets_are_each_owners_own()
    {
        await using var mesh = await StartAsync();
        using var alice = new DurableClient(mesh.Gateway.GrpcAddress, "alice");
        using var bob = new DurableClient(mesh.Gateway.GrpcAddress, "bob");
        var job = await alice.SubmitAsync(request => request.IdempotencyKey = "k");
        Assert.NotEqual(job.Id, (await bob.SubmitAsync(request => request.IdempotencyKey = "k")).Id);
        Assert.NotEqual(await alice.SecretAsync(), await bob.SecretAsync());
    }

    private static Task<FakeMesh> StartAsync()
    {
        var settings = TestKeys.Settings("alice");
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")));
        return FakeMesh.StartAsync(settings: settings);
    }
}
