using System.Net;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Wire.Bench;

/// <summary>The same bytes as one HTTP/2 request or response body, without gRPC: what the two HTTP stacks can do at best.</summary>
internal sealed class PlainClient(int port) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { InitialHttp2StreamWindowSize = TensorTransport.StreamWindow })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async Task UploadAsync(long length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/plain")
        {
            Content = new Body(length),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    public async Task DownloadAsync(long length)
    {
        using var response = await _http.GetAsync($"/plain/{length}", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
        var buffer = new byte[TransferSizes.Chunk];
        for (var received = 0L; received < length;)
        {
            var count = await body.ReadAsync(buffer);
            received += count > 0 ? count : throw new IOException("The response ended early.");
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed class Body(long length) : HttpContent
    {
        private static readonly byte[] Chunk = new byte[TransferSizes.Chunk];

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var sent = 0L; sent < length; sent += Chunk.Length)
            {
                await stream.WriteAsync(Chunk);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
