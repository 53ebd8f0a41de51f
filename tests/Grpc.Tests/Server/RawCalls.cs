using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Sends bytes to a gRPC server over one HTTP/2 connection, without a gRPC client in between.</summary>
internal sealed class RawCalls(Uri address) : IDisposable
{
    public const string Echo = "/qwenmesh.probe.Probe/Echo";
    public const string Join = "/qwenmesh.probe.Probe/Join";
    public const string Repeat = "/qwenmesh.probe.Probe/Repeat";
    public const string Chat = "/qwenmesh.probe.Probe/Chat";

    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static HttpRequestMessage Request(string path, HttpContent content)
    {
        content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return request;
    }

    public Task<RawReply> CallAsync(string path, IMessage message, params (string Name, string Value)[] headers) =>
        CallAsync(path, Frames.Message(message), headers);

    public Task<RawReply> CallAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        var request = Request(path, new ByteArrayContent(body));
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }

        return SendAsync(request);
    }

    public async Task<RawReply> SendAsync(HttpRequestMessage request)
    {
        var patience = Patience.Token;
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience);
        var body = await response.Content.ReadAsByteArrayAsync(patience);
        return new RawReply(response, body);
    }

    /// <summary>Starts a call and returns when its headers are there.</summary>
    public Task<HttpResponseMessage> StartAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public void Dispose() => _http.Dispose();
}
