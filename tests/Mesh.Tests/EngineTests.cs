using Grpc.Net.Client;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>The stages compute on the engine that Engine__Device names, and on the managed one without it.</summary>
[Collection(MeshCollection.Name)]
public sealed class EngineTests(MeshFixture mesh)
{
    [Fact]
    public async Task Every_stage_says_where_it_computes()
    {
        var devices = new List<string>();
        foreach (var stage in mesh.Stages)
        {
            using var channel = GrpcChannel.ForAddress(stage.GrpcAddress);
            var info = await new StageInfo.StageInfoClient(channel).GetModelInfoAsync(
                new GetModelInfoRequest(), deadline: DateTime.UtcNow.AddSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
            devices.Add(info.Device);
        }
        Assert.Equal(3, devices.Count);
        Assert.All(devices, device => Assert.Equal(TestEngine.Device, device));
    }
}
