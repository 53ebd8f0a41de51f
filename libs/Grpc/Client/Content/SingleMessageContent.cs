using Grpc.Core;
using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client.Content;

/// <summary>The body of a call with one request message, which is serialized when the connection takes it.</summary>
internal sealed class SingleMessageContent<T>(T message, MessageEncoder<T> encoder, WriteOptions? options) : CallContent
{
    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new SegmentBuffer();
        try
        {
            encoder.Encode(message, buffer, options);
            await buffer.WriteToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            buffer.Clear();
        }
    }
}
