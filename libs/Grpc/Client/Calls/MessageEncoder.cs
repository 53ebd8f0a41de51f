using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>Turns messages of one call into bytes on the request stream.</summary>
internal sealed class MessageEncoder<T>(Action<T, SerializationContext> serializer, ICompressionProvider? compressor, int maxMessageSize)
{
    /// <summary>Serializes a message into the buffer, which is empty again when that fails.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED when the message is too large, INTERNAL when it does not serialize.</exception>
    public void Encode(T message, SegmentBuffer buffer, WriteOptions? options)
    {
        var compress = options is null || !options.Flags.HasFlag(WriteFlags.NoCompress);
        try
        {
            new MessageWriter(buffer, maxMessageSize).Write(message, serializer, compress ? compressor : null);
        }
        catch
        {
            buffer.Clear();
            throw;
        }
    }
}
