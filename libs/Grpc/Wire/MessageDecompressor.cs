using System.Buffers;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>Decompresses one message into pooled memory and stops as soon as it grows past the limit, whatever its size claims to be.</summary>
internal static class MessageDecompressor
{
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED past the limit, INTERNAL for broken data.</exception>
    public static PooledBuffer Decompress(ICompressionProvider provider, in ReadOnlySequence<byte> compressed, int limit)
    {
        var output = new PooledBuffer();
        try
        {
            using var stream = provider.CreateDecompressionStream(new SequenceStream(compressed));
            while (true)
            {
                var count = stream.Read(output.GetSpan());
                if (count == 0)
                {
                    return output;
                }

                output.Advance(count);
                if (output.Length > limit)
                {
                    throw WireFaults.ReceivedTooLarge();
                }
            }
        }
        catch (Exception exception)
        {
            output.Dispose();
            if (exception is RpcException)
            {
                throw;
            }

            throw WireFaults.Decompression(exception);
        }
    }
}
