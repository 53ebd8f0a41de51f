using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Calls;

/// <summary>A stage refuses while the caller still sends: through the Gateway, too, the caller gets the refusal and never what became of its stream.</summary>
public sealed class EarlyRefusalTests(MeshHost mesh)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thousand_short_streams_are_all_refused_alike(bool throughTheGateway)
    {
        using var channel = GrpcChannel.ForAddress(throughTheGateway ? mesh.Ingress : mesh.Denoiser.Grpc);
        var client = new DenoiserStage.DenoiserStageClient(channel);
        // The parameters are wrong, and tensor frames follow them.
        var requests = Requests.Denoise(cells: 4, steps: 0).ToArray();
        for (var round = 0; round < 100; round++)
        {
            var ends = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => EndAsync(client, requests)));
            Assert.All(ends, end => Assert.True(end is { StatusCode: StatusCode.InvalidArgument } && StageFaults.Read(end)?.Reason == FaultReasons.InvalidRequest, $"round {round}: {end}"));
        }
        await mesh.IdleAsync();
    }

    private static async Task<RpcException> EndAsync(DenoiserStage.DenoiserStageClient client, DenoiseRequest[] requests)
    {
        using var call = client.Denoise(cancellationToken: Bound.Token);
        try
        {
            foreach (var request in requests)
            {
                await call.RequestStream.WriteAsync(request);
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception refused) when (refused is RpcException or InvalidOperationException)
        {
            // The status is read below.
        }
        return await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });
    }
}
