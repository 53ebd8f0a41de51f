using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
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

    // Takes connections and says nothing.
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    private FakeMesh _mesh = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Nobody listens on port 1.
    public async ValueTask InitializeAsync() => _mesh = await StartAsync("http://127.0.0.1:1");

    public async ValueTask DisposeAsync()
    {
        _silent.Dispose();
        await _mesh.DisposeAsync();
    }

    [Fact]
    public async Task A_request_with_a_picture_is_told_to_come_back()
    {
        using var response = await _mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","image":"{{Convert.ToBase64String(Picture)}}"}""");
        await AssertToldToComeBackAsync(response);
    }

    private static async Task AssertToldToComeBackAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("the store of files cannot be reached", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
    }

    private static Task<FakeMesh> StartAsync(string endpoint) => FakeMesh.StartAsync(settings: new Dictionary<string, string?>
    {
        ["Files:Bucket"] = "files",
        ["Files:Endpoint"] = endpoint,
        ["Files:AccessKey"] = "key",
        ["Files:SecretKey"] = "secret",
        ["Gateway:Pictures:FetchSeconds"] = "2",
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_names_a_picture_of_the_Gateways_own_is_told_to_come_back(bool hangs)
    {
        if (hangs)
        {
            _silent.Start();
            await _mesh.DisposeAsync();
            _mesh = await StartAsync($"http://{_silent.LocalEndpoint}");
        }
        var address = await _mesh.Gateway.Services.GetRequiredService<FileUrls>().ForAsync("http://gateway", "jobs/a/result-1-0", "image/png", null, Stop);
        foreach (var image in new[] { address, $"data:image/png;asset_id,{Guid.NewGuid()}" })
        {
            using var response = await _mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","image":"{{image}}"}""");
            await AssertToldToComeBackAsync(response);
        }
    }

    [Fact]
    public async Task A_picture_that_is_sent_ahead_is_told_to_come_back()
    {
        using var place = await _mesh.Gateway.PostAsync("/v2/nvcf/assets", """{"contentType":"image/png","description":"a hat"}""");
        await AssertToldToComeBackAsync(place);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Picture), "content", "hat.png" } };
        using var sent = await _mesh.Gateway.Http.PostAsync(new Uri("/v1/files", UriKind.Relative), form, Stop);
        await AssertToldToComeBackAsync(sent);
        using var gone = await _mesh.Gateway.Http.DeleteAsync(new Uri($"/v2/nvcf/assets/{Guid.NewGuid()}", UriKind.Relative), Stop);
        await AssertToldToComeBackAsync(gone);
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
