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
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{mesh.Gateway.GrpcPort}");
        var (request, stop) = (new GetModelInfoRequest(), TestContext.Current.CancellationToken);
        var devices = new[]
        {
            await new EncoderStage.EncoderStageClient(channel).GetModelInfoAsync(request, cancellationToken: stop),
            await new DenoiserStage.DenoiserStageClient(channel).GetModelInfoAsync(request, cancellationToken: stop),
            await new VaeStage.VaeStageClient(channel).GetModelInfoAsync(request, cancellationToken: stop),
        }.Select(info => info.Device);
        Assert.All(devices, device => Assert.Equal(TestEngine.Device, device));
    }
}
