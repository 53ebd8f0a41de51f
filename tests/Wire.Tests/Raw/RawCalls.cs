using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Raw;

/// <summary>Posts bytes to a gRPC port over HTTP/2, without a gRPC client in between.</summary>
internal sealed class RawCalls(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null, UseProxy = false })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static HttpRequestMessage Request(string path, byte[] body, string contentType = "application/grpc")
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("content-type", contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return request;
    }

    public async Task<RawReply> SendAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = Request(path, body);
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }
        return await SendAsync(request);
    }

    public async Task<RawReply> SendAsync(HttpRequestMessage request)
    {
        var bound = Bound.Token;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound);
            // Into one buffer: what is allocated is the server's.
            var buffer = new byte[16 << 10];
            await using var body = await response.Content.ReadAsStreamAsync(bound);
            while (await body.ReadAsync(buffer, bound) > 0)
            {
            }
            var status = Value(response, "grpc-status");
            return new RawReply(
                (int)response.StatusCode, status is null ? null : int.Parse(status, CultureInfo.InvariantCulture), Value(response, "grpc-message") ?? "");
        }
        catch (Exception reset) when (reset is HttpRequestException or IOException)
        {
            return new RawReply(0, null, reset.ToString());
        }
    }

    public void Dispose() => _http.Dispose();

    private static string? Value(HttpResponseMessage response, string name) =>
        (response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)) ? values.First() : null;
}
