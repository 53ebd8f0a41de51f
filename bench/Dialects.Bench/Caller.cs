using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Dialects.Bench;

internal sealed class HttpCaller(HttpConnection connection, ReadOnlyMemory<byte> request) : ICaller
{
    public static async Task<ICaller> OpenAsync(Uri server, string path, string body, string headers)
    {
        var text = $"{(body.Length > 0 ? "POST" : "GET")} {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";
        return new HttpCaller(await HttpConnection.OpenAsync(server), Encoding.UTF8.GetBytes(text));
    }

    public async Task CallAsync()
    {
        var (status, body) = await connection.ExchangeAsync(request);
        if (status is < 200 or > 299)
        {
            throw new InvalidOperationException($"{status}: {Encoding.UTF8.GetString(body.Span)}");
        }
    }

    public void Dispose() => connection.Dispose();
}

internal sealed class GrpcCaller(Uri server) : ICaller
{
    private static readonly GenerateRequest Request = new()
    {
        Task = GenerationTask.TextToImage,
        Prompt = Dialect.Prompt,
        Seed = 7,
    };

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server);

    public async Task CallAsync()
    {
        using var call = new ImageGeneration.ImageGenerationClient(_channel).Generate(Request);
        var pictures = 0;
        await foreach (var happened in call.ResponseStream.ReadAllAsync())
        {
            pictures += happened.Image is null ? 0 : 1;
        }
        if (pictures == 0)
        {
            throw new InvalidOperationException("no picture came");
        }
    }

    public void Dispose() => _channel.Dispose();
}
