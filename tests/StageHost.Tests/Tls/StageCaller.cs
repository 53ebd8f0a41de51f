using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using QwenMesh.Testing;

namespace QwenMesh.StageHost.Tests.Tls;

/// <summary>A connection to a stage's gRPC port with a certificate of the test's choice.</summary>
internal sealed class StageCaller : IDisposable
{
    private readonly HttpClient _client;
    private readonly Uri _address;

    /// <param name="address">Of the port.</param>
    /// <param name="authority">That of the stage.</param>
    /// <param name="certificate">Null for none.</param>
    public StageCaller(string address, TestAuthority authority, X509Certificate2? certificate)
    {
        _address = new Uri(new Uri(address), "/grpc.health.v1.Health/Check");
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = authority.Policy,
                LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            },
        })
        { Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Asks for the stage's health.</summary>
    /// <exception cref="HttpRequestException">The stage does not talk to this caller.</exception>
    public async Task CallAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    /// <summary>Whether the stage does not talk to this caller.</summary>
    public async Task<bool> IsRefusedAsync()
    {
        try
        {
            await CallAsync();
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    public void Dispose() => _client.Dispose();
}
