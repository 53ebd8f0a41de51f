using System.Net;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>Sends a body in small pieces, each in a frame of its own.</summary>
internal sealed class TricklingContent(byte[] body, int piece) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var at = 0; at < body.Length; at += piece)
        {
            await stream.WriteAsync(body.AsMemory(at, Math.Min(piece, body.Length - at)));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
