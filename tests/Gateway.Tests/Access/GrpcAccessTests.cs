using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>Keys and their limits on the gRPC port: the Gateway's own service, and what goes on to the stages.</summary>
public sealed class GrpcAccessTests
{
    private static GenerateRequest Request => new() { Task = GenerationTask.TextToImage, Prompt = "p", Width = 512, Height = 512, Seed = 9, Steps = 5 };

    [Fact]
    public async Task Every_call_needs_a_key()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice"));
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        foreach (var (headers, detail) in new[] { (new Metadata(), "an API key is needed"), (Headers("bob"), "the API key is not known") })
        {
            foreach (var call in new[] { ModelsAsync, DrawAsync, (Func<GrpcChannel, Metadata, Task>)EncodeAsync })
            {
                var refused = await Assert.ThrowsAsync<RpcException>(() => call(channel, headers));
                Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
                Assert.StartsWith(detail, refused.Status.Detail, StringComparison.Ordinal);
                Assert.Equal(("gateway", FaultReasons.Unauthenticated), (StageFaults.Read(refused)?.Stage, StageFaults.Read(refused)?.Reason));
            }
        }
        Assert.Equal(0, mesh.Encoder.Service.Calls.Count);
        await ModelsAsync(channel, Headers("alice"));
        await DrawAsync(channel, Headers("alice"));
    }

    [Fact]
    public async Task A_stage_does_not_see_the_key()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: TestKeys.Settings("alice"));
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);
        var headers = Headers("alice");
        headers.Add("x-api-key", "another");
        headers.Add("x-of-the-caller", "kept");
        var refused = await Assert.ThrowsAsync<RpcException>(() => EncodeAsync(channel, headers));
        Assert.Equal("encoder", StageFaults.Read(refused)?.Stage); // An empty call, refused by the stage.
        var seen = Assert.Single(mesh.Encoder.Service.Calls.Headers);
        Assert.Contains(seen, header => header.Key == "x-of-the-caller");
        Assert.DoesNotContain(seen, header => header.Key is "authorization" or "x-api-key");
    }

    [Fact]
    public async Task Limits_are_told_with_details()
    {
        var settings = TestKeys.Settings("alice", ("RequestsPerMinute", "1"), ("MaxRequestBodyBytes", "500"), ("MaxSteps", "10"));
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"], settings["Access:Keys:1:Disabled"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")), "true");
        (settings["Access:Keys:2:Id"], settings["Access:Keys:2:Sha256"], settings["Access:Keys:2:MaxSteps"]) = ("carol", TestKeys.Hash(TestKeys.Of("carol")), "10");
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress);

        await AssertRefusedAsync(() => DrawAsync(channel, Headers("bob")), StatusCode.PermissionDenied, FaultReasons.Forbidden);
        await AssertRefusedAsync(() => EncodeAsync(channel, Headers("alice")), StatusCode.PermissionDenied, FaultReasons.Forbidden);
        var steps = Request;
        steps.Steps = 11;
        await AssertRefusedAsync(() => DrawAsync(channel, Headers("carol"), steps), StatusCode.PermissionDenied, FaultReasons.Forbidden);
        var large = Request;
        large.Prompt = new string('x', 600);
        await AssertRefusedAsync(() => DrawAsync(channel, Headers("alice"), large), StatusCode.ResourceExhausted, FaultReasons.MessageTooLarge);
        var limited = await AssertRefusedAsync(() => DrawAsync(channel, Headers("alice")), StatusCode.ResourceExhausted, FaultReasons.RateLimited);
        Assert.Equal(TimeSpan.FromMinutes(1), limited.RetryDelay);
        await ModelsAsync(channel, Headers("alice"));
    }

    private static Metadata Headers(string id) => new() { { "authorization", $"Bearer {TestKeys.Of(id)}" } };

    private static async Task<StageFault> AssertRefusedAsync(Func<Task> call, StatusCode status, string reason)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((status, reason), (refused.StatusCode, StageFaults.Read(refused)?.Reason));
        return StageFaults.Read(refused)!;
    }

    private static async Task ModelsAsync(GrpcChannel channel, Metadata headers) => await new ImageGeneration.ImageGenerationClient(channel)
        .GetModelsAsync(new GetModelsRequest(), headers, DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);

    private static Task DrawAsync(GrpcChannel channel, Metadata headers) => DrawAsync(channel, headers, Request);

    private static async Task DrawAsync(GrpcChannel channel, Metadata headers, GenerateRequest request)
    {
        using var call = new ImageGeneration.ImageGenerationClient(channel).Generate(request, headers, DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
        }
    }

    private static async Task EncodeAsync(GrpcChannel channel, Metadata headers)
    {
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(headers, DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }
}
