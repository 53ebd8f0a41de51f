using System.Net;
using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.FrontDoor;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>A store of files that cannot be reached is no fault of the request: the client is told to come back.</summary>
public sealed class UnreachableFilesTests : IAsyncLifetime
{
    private static readonly byte[] Picture = EditFiles.Png(10, 64, 64);

    private FakeMesh _mesh = null!;

    // Nobody listens on port 1.
    public async ValueTask InitializeAsync() => _mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?>
    {
        ["Files:Bucket"] = "files",
        ["Files:Endpoint"] = "http://127.0.0.1:1",
        ["Files:AccessKey"] = "key",
        ["Files:SecretKey"] = "secret",
    });

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    [Fact]
    public async Task A_request_with_a_picture_is_told_to_come_back()
    {
        using var response = await _mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","image":"{{Convert.ToBase64String(Picture)}}"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("the store of files cannot be reached", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_with_a_picture_is_UNAVAILABLE()
    {
        using var client = new DurableClient(_mesh.Gateway.GrpcAddress);
        await DurableClient.RefusedAsync(
            () => client.SubmitAsync(request =>
            {
                request.Request.Task = GenerationTask.Edit;
                request.Request.References.Add(ByteString.CopyFrom(Picture));
            }),
            StatusCode.Unavailable, FaultReasons.NotReady);
    }
}
