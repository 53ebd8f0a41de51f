using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests.Routing;

/// <summary>What counts against a replica, through the gRPC port. One failure would be enough.</summary>
public sealed class EjectionTests
{
    [Fact]
    public async Task Calls_that_clients_cancel_do_not_count()
    {
        await using var mesh = await StartAsync();
        mesh.Denoiser.Service.Calls.Hold = new TaskCompletionSource().Task;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        for (var i = 1; i <= 5; i++)
        {
            using (var call = await OpenAsync(channel, complete: i % 2 == 0))
            {
                await Eventually.TrueAsync(() => mesh.Denoiser.Service.Calls.Count == i, "the call has come");
            }
            await Eventually.TrueAsync(() => mesh.Denoiser.Service.Calls.Running == 0 && mesh.Gateway.Calls(StageNames.Denoiser) == 0, "the call has ended");
            AssertNotEjected(mesh);
        }
    }

    [Theory]
    [InlineData("application/grpc", new byte[] { 0, 255, 255, 255, 255, 1 })]
    [InlineData("application/grpc", new byte[] { 0, 0, 0, 0, 3, 255, 255, 255 })]
    [InlineData("application/grpc", new byte[] { 7, 7, 7 })]
    [InlineData("text/plain", new byte[] { 1 })]
    public async Task Bodies_that_are_none_do_not_count(string type, byte[] body)
    {
        await using var mesh = await StartAsync();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{mesh.Gateway.GrpcAddress}/qwenmesh.v1.DenoiserStage/Denoise")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
            };
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            AssertNotEjected(mesh);
        }
    }

    [Fact]
    public async Task An_answer_that_the_ingress_cannot_carry_does_not_count()
    {
        await using var mesh = await StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        for (var i = 0; i < 3; i++)
        {
            // More than a header may have.
            mesh.Denoiser.Service.Calls.FailNext(new RpcException(new Status(StatusCode.InvalidArgument, new string('x', 200_000))));
            using var call = await OpenAsync(channel, complete: true);
            await Assert.ThrowsAsync<RpcException>(() => DrainAsync(call));
            AssertNotEjected(mesh);
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_while_it_is_computed_does_not_count()
    {
        await using var mesh = await StartAsync();
        mesh.Denoiser.Service.Dies = _ => true;
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        for (var i = 0; i < 3; i++)
        {
            using var call = await OpenAsync(channel, complete: true);
            await Assert.ThrowsAsync<RpcException>(() => DrainAsync(call));
            AssertNotEjected(mesh);
        }
    }

    [Fact]
    public async Task A_replica_that_says_it_is_not_ready_is_left_out()
    {
        await using var mesh = await StartAsync();
        mesh.Denoiser.Service.Calls.AlwaysFail = StageFaults.NotReady("denoiser", "loading");
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        // The fake answers before it has read the request, which may break the call on its way.
        await Eventually.TrueAsync(async () =>
        {
            using var call = await OpenAsync(channel, complete: true);
            await Assert.ThrowsAsync<RpcException>(() => DrainAsync(call));
            return Passive(mesh) == DestinationHealth.Unhealthy;
        }, "it is left out");
    }

    [Fact]
    public async Task A_replica_that_takes_no_connection_is_left_out()
    {
        await using var mesh = await StartAsync();
        await mesh.Denoiser.KillAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        await Eventually.TrueAsync(async () =>
        {
            using var call = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
            await Assert.ThrowsAnyAsync<RpcException>(() => DrainAsync(call));
            return Passive(mesh) == DestinationHealth.Unhealthy;
        }, "it is left out");
    }

    // Health is asked until all replicas have answered, and then no more, so that only calls tell.
    private static async Task<FakeMesh> StartAsync()
    {
        var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Stages:EjectAfterFailures"] = "1", ["Stages:EjectionSeconds"] = "3600" });
        mesh.Gateway.Configuration["Stages:HealthIntervalSeconds"] = "3600";
        mesh.Gateway.Configuration.Reload();
        return mesh;
    }

    private static DestinationHealth Passive(FakeMesh mesh) => mesh.Gateway.Replica(StageNames.Denoiser, mesh.Denoiser.Address).Health.Passive;

    private static void AssertNotEjected(FakeMesh mesh) => Assert.NotEqual(DestinationHealth.Unhealthy, Passive(mesh));

    private static async Task<AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse>> OpenAsync(GrpcChannel channel, bool complete)
    {
        var call = new DenoiserStage.DenoiserStageClient(channel).Denoise(deadline: DateTime.UtcNow.AddSeconds(60));
        try
        {
            var parameters = new DenoiseParameters { LatentHeight = 16, LatentWidth = 16, NumInferenceSteps = 5, Scheduler = Scheduler.Checkpoint };
            await call.RequestStream.WriteAsync(new DenoiseRequest { Parameters = parameters });
            foreach (var frame in TensorFrames.Split(new OutgoingTensor("prompt_embeds", DataType.Float32, [7, 128], FakeEncoder.Embedding("x")), id: 0))
            {
                await call.RequestStream.WriteAsync(new DenoiseRequest { Frame = frame });
            }
            if (complete)
            {
                await call.RequestStream.CompleteAsync();
            }
        }
        catch (RpcException)
        {
            // It has ended already; reading says why.
        }
        return call;
    }

    private static async Task DrainAsync(AsyncDuplexStreamingCall<DenoiseRequest, DenoiseResponse> call)
    {
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }
}
