using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>One HTTP/2 connection by frames (RFC 9113, 4.1).</summary>
/// <param name="paths">Calls whose frames are to be known.</param>
internal sealed class Http2Pieces(IReadOnlyList<string> paths) : IPieces
{
    private const int Preface = 24, Head = 9;
    private const byte Data = 0, Headers = 1, EndStream = 1;

    private readonly ConcurrentDictionary<int, string> _calls = [];

    public async IAsyncEnumerable<Piece> ReadAsync(Stream from, bool fromClient, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (fromClient)
        {
            var preface = new byte[Preface];
            await from.ReadExactlyAsync(preface, cancellationToken);
            yield return new Piece(preface, fromClient, PieceKind.Other);
        }
        var head = new byte[Head];
        while (await from.ReadAtLeastAsync(head, Head, throwOnEndOfStream: false, cancellationToken) == Head)
        {
            var frame = new byte[Head + (head[0] << 16 | head[1] << 8 | head[2])];
            head.CopyTo(frame, 0);
            await from.ReadExactlyAsync(frame.AsMemory(Head), cancellationToken);
            yield return Classify(frame, fromClient);
        }
    }

    private Piece Classify(byte[] frame, bool fromClient)
    {
        var stream = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(5)) & int.MaxValue;
        if (frame[3] == Headers && fromClient && Path(frame) is { } path)
        {
            _calls[stream] = path;
        }
        var kind = frame[3] switch
        {
            Data => PieceKind.Data,
            Headers when fromClient => PieceKind.Request,
            Headers when (frame[4] & EndStream) != 0 => PieceKind.Trailers,
            _ => PieceKind.Other,
        };
        return new Piece(frame, fromClient, kind, _calls.GetValueOrDefault(stream));
    }

    // .NET's client writes paths as they are, neither by Huffman's code nor by index.
    private string? Path(byte[] frame) => paths.FirstOrDefault(path => frame.AsSpan(Head).IndexOf(Encoding.ASCII.GetBytes(path)) >= 0);
}
