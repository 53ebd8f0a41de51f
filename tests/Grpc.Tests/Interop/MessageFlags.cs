using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The compression flags of the messages that passed through a stream: what the interop cases ask about and no gRPC API shows.</summary>
public sealed class MessageFlags
{
    private readonly ConcurrentQueue<bool> _flags = new();
    private readonly byte[] _header = new byte[5];
    private int _headerBytes;
    private long _payloadLeft;

    public IReadOnlyList<bool> Compressed => [.. _flags];

    public void Scan(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                var skipped = (int)Math.Min(_payloadLeft, bytes.Length);
                _payloadLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            _header[_headerBytes++] = bytes[0];
            bytes = bytes[1..];
            if (_headerBytes == _header.Length)
            {
                _headerBytes = 0;
                _payloadLeft = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
                _flags.Enqueue(_header[0] == 1);
            }
        }
    }
}
