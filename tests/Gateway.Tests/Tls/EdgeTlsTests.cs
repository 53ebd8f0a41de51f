using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Gateway.Tests.Access;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Protocol.V1;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Tls;

/// <summary>TLS on both of the Gateway's ports: clients have keys as without it, and no certificates.</summary>
public sealed class EdgeTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    public EdgeTlsTests() => _authority.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_is_drawn_over_TLS_with_a_key_and_none_without()
    {
        await using var mesh = await StartAsync();
        using var client = Client(_authority, mesh.Gateway.Http.BaseAddress!);
        var picture = new { prompt = "x", width = 512, height = 512 };
        using var refused = await client.PostAsJsonAsync("/v1/infer", picture, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", TestKeys.Of("alice"));
        using var drawn = await client.PostAsJsonAsync("/v1/infer", picture, Token);
        await Artifact.ReadAsync(drawn);
    }

    [Fact]
    public async Task The_gRPC_port_takes_keys_over_TLS()
    {
        await using var mesh = await StartAsync();
        using var channel = GrpcChannel.ForAddress(mesh.Gateway.GrpcAddress, new GrpcChannelOptions { HttpHandler = Handler(_authority), DisposeHttpClient = true });
        var client = new ImageGeneration.ImageGenerationClient(channel);
        var refused = await Assert.ThrowsAsync<RpcException>(() => ModelsAsync(client, new Metadata()));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.NotEmpty((await ModelsAsync(client, new Metadata { { "authorization", $"Bearer {TestKeys.Of("alice")}" } })).Models);
    }

    [Fact]
    public async Task Without_TLS_nobody_is_answered()
    {
        await using var mesh = await StartAsync();
        foreach (var address in new[] { mesh.Gateway.Http.BaseAddress!, new Uri(mesh.Gateway.GrpcAddress) })
        {
            using var client = new HttpClient { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri, Timeout = TimeSpan.FromSeconds(60) };
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/health/live", UriKind.Relative), Token));
        }
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_new_connections()
    {
        await using var mesh = await StartAsync();
        using var running = Client(_authority, mesh.Gateway.Http.BaseAddress!);
        Assert.Equal("Healthy", await running.GetStringAsync("/health/live", Token));
        using var successor = new TestAuthority();
        successor.Write(_folder.Path, TestAuthority.Server, "127.0.0.1");
        await Eventually.TrueAsync(async () =>
        {
            using var client = Client(successor, mesh.Gateway.Http.BaseAddress!);
            try
            {
                return await client.GetStringAsync("/health/live", Token) == "Healthy";
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the new certificate is shown");
        Assert.Equal("Healthy", await running.GetStringAsync("/health/live", Token));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private async Task<FakeMesh> StartAsync()
    {
        var settings = TestKeys.Settings("alice");
        (settings["Tls:Edge:CertificateFile"], settings["Tls:Edge:KeyFile"], settings["Tls:ReloadSeconds"]) = (_folder.File("tls.crt"), _folder.File("tls.key"), "0.05");
        var mesh = await FakeMesh.StartAsync(ready: false, settings: settings);
        (mesh.Encoder.Health.IsServing, mesh.Denoiser.Health.IsServing, mesh.Vae.Health.IsServing) = (true, true, true);
        using var client = Client(_authority, mesh.Gateway.Http.BaseAddress!);
        await Eventually.TrueAsync(async () =>
        {
            using var response = await client.GetAsync(new Uri("/v1/health/ready", UriKind.Relative), Token);
            return response.StatusCode == HttpStatusCode.OK;
        }, "the gateway turns ready");
        return mesh;
    }

    private static async Task<GetModelsResponse> ModelsAsync(ImageGeneration.ImageGenerationClient client, Metadata headers) =>
        await client.GetModelsAsync(new GetModelsRequest(), headers, DateTime.UtcNow.AddSeconds(60), Token);

    private static HttpClient Client(TestAuthority authority, Uri address) => new(Handler(authority)) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    private static SocketsHttpHandler Handler(TestAuthority authority) =>
        new() { UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = authority.Policy } };
}
