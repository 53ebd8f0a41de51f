using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>The messages and trailers of a response. Reads take turns; what was pooled goes back when the call ends, once no read is under way.</summary>
internal sealed class ResponseBody : IDisposable
{
    // Large enough that a tensor chunk spans few segments, small enough that an idle stream holds little.
    private const int SegmentSize = 64 * 1024;

    private readonly HttpResponseMessage _response;
    private readonly PipeReader _pipe;
    private readonly MessageReader _messages;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _released;
    private bool _freed;

    private ResponseBody(HttpResponseMessage response, Stream stream, ChannelConnection connection)
    {
        _response = response;
        _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: SegmentSize, minimumReadSize: SegmentSize / 4, leaveOpen: true));
        var encoding = ResponseMetadata.First(response.Headers, WireHeaders.Encoding);
        _messages = new MessageReader(_pipe, connection.MaxReceiveMessageSize, encoding, connection.Encodings.Find(encoding));
    }

    public static async Task<ResponseBody> OpenAsync(HttpResponseMessage response, ChannelConnection connection, CancellationToken cancellationToken) =>
        new(response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), connection);

    /// <summary>The next message, or null at the end.</summary>
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await _messages.ReadAsync(deserializer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Waits for the end; any further message breaks the protocol.</summary>
    public async ValueTask EnsureEndAsync(CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _messages.EnsureEndAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Whether the next thing in the response is its end. Takes nothing out of it.</summary>
    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var result = await _pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            _pipe.AdvanceTo(result.Buffer.Start);
            return result.IsCompleted && result.Buffer.IsEmpty;
        }
        finally
        {
            EndTurn();
        }
    }

    /// <summary>Status and metadata after the last message.</summary>
    public (Status Status, Metadata Trailers) ReadTrailers()
    {
        var headers = _response.TrailingHeaders;
        return (ResponseMetadata.ReadStatus(headers), ResponseMetadata.Read(headers));
    }

    public void Dispose()
    {
        Volatile.Write(ref _released, true);
        if (_turn.Wait(0))
        {
            EndTurn();
        }
    }

    private async ValueTask TakeTurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Volatile.Read(ref _released))
        {
            EndTurn();
            throw new ObjectDisposedException(nameof(ResponseBody));
        }
    }

    private void EndTurn()
    {
        if (Volatile.Read(ref _released))
        {
            Volatile.Write(ref _freed, true);
            _pipe.Complete();
            _response.Dispose();
        }

        _turn.Release();

        // Released between the check and the turn's return, when Dispose could not take the turn itself.
        if (Volatile.Read(ref _released) && !Volatile.Read(ref _freed) && _turn.Wait(0))
        {
            EndTurn();
        }
    }
}
