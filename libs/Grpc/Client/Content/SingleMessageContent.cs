using Grpc.Core;
using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client.Content;

/// <summary>The body of a call with one request message, which is serialized when the connection takes it.</summary>
internal sealed class SingleMessageContent<T>(T message, MessageEncoder<T> encoder, WriteOptions? options) : CallContent
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Abandon() => _ended.TrySetResult();

    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new SegmentBuffer();
        try
        {
            encoder.Encode(message, buffer, options);
            await buffer.WriteToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The server has reset the stream, or the connection broke. The response tells which; a body that fails first would hide that.
            await _ended.Task.ConfigureAwait(false);
            throw;
        }
        finally
        {
            buffer.Clear();
        }
    }
}
