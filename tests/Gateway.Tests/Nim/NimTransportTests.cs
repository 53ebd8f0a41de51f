using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using QwenMesh.Gateway.Tests.Dialects;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>Forms of HTTP that clients and proxies use.</summary>
public sealed class NimTransportTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private const string Request = """{"prompt":"x","width":512,"height":512}""";

    [Fact]
    public async Task A_client_that_takes_gzip_gets_the_plain_body()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new StringContent(Request) };
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var response = await shared.Gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        var artifact = await Artifact.ReadAsync(response);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(artifact.Body.Length, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_compressed_body_is_refused_as_no_json()
    {
        using var content = new ByteArrayContent([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]);
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task Expect_100_continue_is_answered()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.TakeSlowBodies());
        using var wire = await Wire.OpenAsync(mesh.Gateway.Http.BaseAddress!);
        await wire.SendAsync($"POST /v1/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {Request.Length}\r\nConnection: close\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await wire.ReadLineAsync());
        Assert.Equal("", await wire.ReadLineAsync());
        await wire.SendAsync(Request);
        Assert.Equal("HTTP/1.1 200 OK", await wire.ReadLineAsync());
        Assert.Contains("\"finishReason\":\"SUCCESS\"", await wire.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expect_100_continue_for_another_model_is_answered_404()
    {
        using var wire = await Wire.OpenAsync(shared.Gateway.Http.BaseAddress!);
        await wire.SendAsync("POST /v1/genai/nobody/nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
        Assert.Equal("HTTP/1.1 404 Not Found", await wire.ReadLineAsync());
    }

    [Fact]
    public async Task A_body_in_chunks_of_any_size_is_put_together()
    {
        await using var mesh = await FakeMesh.StartAsync(services: services => services.TakeSlowBodies());
        using var wire = await Wire.OpenAsync(mesh.Gateway.Http.BaseAddress!);
        await wire.SendAsync("POST /v1/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        foreach (var character in Request)
        {
            await wire.SendAsync($"1\r\n{character}\r\n");
        }
        await wire.SendAsync("0\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await wire.ReadLineAsync());
        Assert.Contains("\"finishReason\":\"SUCCESS\"", await wire.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/infer", "POST")]
    [InlineData("HEAD", "/v1/infer", "POST")]
    [InlineData("PUT", "/v1/infer", "POST")]
    [InlineData("GET", "/v1/genai/qwen/qwen-image", "POST")]
    [InlineData("HEAD", "/v1/genai/qwen/qwen-image", "POST")]
    [InlineData("POST", "/v1/health/ready", "GET")]
    [InlineData("POST", "/v1/metadata", "GET")]
    public async Task A_wrong_method_is_told_the_right_one(string method, string path, string allowed)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await shared.Gateway.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal([allowed], response.Content.Headers.Allow);
        Assert.Equal(method == "HEAD" ? "" : """{"detail":"Method Not Allowed"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A connection whose bytes the test writes itself.</summary>
    private sealed class Wire(TcpClient client) : IDisposable
    {
        private readonly StreamReader _reader = new(client.GetStream(), Encoding.ASCII);

        public static async Task<Wire> OpenAsync(Uri address)
        {
            var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            return new Wire(client);
        }

        public async Task SendAsync(string text) =>
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

        public async Task<string?> ReadLineAsync() => await _reader.ReadLineAsync(TestContext.Current.CancellationToken);

        public Task<string> ReadToEndAsync() => _reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        public void Dispose()
        {
            _reader.Dispose();
            client.Dispose();
        }
    }
}
