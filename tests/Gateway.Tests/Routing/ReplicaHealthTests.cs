using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Testing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests.Routing;

public sealed class ReplicaHealthTests
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Fact]
    public async Task A_replica_that_does_not_serve_gets_no_calls_until_it_does()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        mesh.Denoisers[0].Health.IsServing = false;
        await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == 1, "the first is known to be ill");
        for (var i = 0; i < 4; i++)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        Assert.Equal((0, 4), (mesh.Denoisers[0].Service.Calls.Count, mesh.Denoisers[1].Service.Calls.Count));

        mesh.Denoisers[0].Health.IsServing = true;
        await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == 2, "the first is well again");
        for (var i = 0; i < 4; i++)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        Assert.Equal((2, 6), (mesh.Denoisers[0].Service.Calls.Count, mesh.Denoisers[1].Service.Calls.Count));
    }

    [Fact]
    public async Task Calls_in_a_row_that_find_a_replica_unavailable_leave_it_out_for_a_while()
    {
        var settings = new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "2", ["Stages:EjectionSeconds"] = "5" };
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2, settings: settings);
        for (var i = 0; i < 2; i++)
        {
            mesh.Denoisers[0].Service.Calls.FailNext(StageFaults.NotReady("denoiser", "busy with something else"));
        }
        while (mesh.Denoisers[0].Service.Calls.Count < 2)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response); // The client gets its picture from the other replica.
        }
        Assert.Equal(DestinationHealth.Unhealthy, Replica(mesh, 0).Health.Passive);
        await Eventually.TrueAsync(() => Replica(mesh, 0).Health.Passive == DestinationHealth.Unknown, "it gets another chance");
    }

    [Fact]
    public async Task A_replica_that_returns_is_called_before_its_ejection_ends()
    {
        var settings = new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "1", ["Stages:EjectionSeconds"] = "3600" };
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2, settings: settings);
        mesh.Denoisers[0].Service.Calls.FailNext(StageFaults.NotReady("denoiser", "shutting down"));
        while (mesh.Denoisers[0].Service.Calls.Count < 1)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        Assert.Equal(DestinationHealth.Unhealthy, Replica(mesh, 0).Health.Passive);
        mesh.Denoisers[0].Health.IsServing = false;
        await Eventually.TrueAsync(() => Replica(mesh, 0).Health.Active == DestinationHealth.Unhealthy, "it is known to have stopped");
        mesh.Denoisers[0].Health.IsServing = true;
        await Eventually.TrueAsync(() => mesh.Gateway.Replicas(StageNames.Denoiser) == 2, "both are called again");
    }

    private static DestinationState Replica(FakeMesh mesh, int index) => mesh.Gateway.Replica(StageNames.Denoiser, mesh.Denoisers[index].Address);
}
