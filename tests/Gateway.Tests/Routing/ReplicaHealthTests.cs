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
    public async Task Calls_in_a_row_that_find_a_replica_unavailable_leave_it_out()
    {
        await using var mesh = await LeftOutAsync(ejectionSeconds: 3600);
        Assert.Equal(DestinationHealth.Unhealthy, Replica(mesh, 0).Health.Passive);
        for (var i = 0; i < 4; i++)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
        }
        Assert.Equal(2, mesh.Denoisers[0].Service.Calls.Count);
    }

    [Fact]
    public async Task A_replica_that_was_left_out_gets_another_chance_after_a_while()
    {
        await using var mesh = await LeftOutAsync(ejectionSeconds: 1);
        await Eventually.TrueAsync(async () =>
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response);
            return mesh.Denoisers[0].Service.Calls.Count > 2;
        }, "it is called again");
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

    // Of two Denoisers, the first has refused two calls.
    private static async Task<FakeMesh> LeftOutAsync(double ejectionSeconds)
    {
        var settings = new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "2", ["Stages:EjectionSeconds"] = $"{ejectionSeconds}" };
        var mesh = await FakeMesh.StartAsync(denoisers: 2, settings: settings);
        for (var i = 0; i < 2; i++)
        {
            mesh.Denoisers[0].Service.Calls.FailNext(StageFaults.NotReady("denoiser", "busy with something else"));
        }
        while (mesh.Denoisers[0].Service.Calls.Count < 2)
        {
            using var response = await mesh.Gateway.PostAsync("/v1/infer", Request);
            await Artifact.ReadAsync(response); // The client gets its picture from the other replica.
        }
        return mesh;
    }

    private static DestinationState Replica(FakeMesh mesh, int index) => mesh.Gateway.Replica(StageNames.Denoiser, mesh.Denoisers[index].Address);
}
