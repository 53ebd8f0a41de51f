using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// The response of one call: headers, messages, status, in that order and each at the right time. A handler writes to it, and a deadline may end it
/// at any moment from another thread; one lock decides who comes first.
/// </summary>
internal sealed class CallResponse(HttpContext http, MethodOptions options, CallLog log)
{
    // RFC 9113, section 7.
    private const int NoError = 0;
    private const int InternalError = 2;
    private const int Cancel = 8;

    private readonly Lock _gate = new();
    private readonly MessageWriter _messages = new(http.Response.BodyWriter, options.MaxSendMessageSize);
    private string? _encoding = options.ResponseCompressionAlgorithm;
    private ICompressionProvider? _compressor;
    private bool _headersPrepared;
    private bool _headersSent;
    private int _pending;
    private Task _earlyEnd = Task.CompletedTask;

    /// <summary>True when the status has been decided: nothing more can be written.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The status that the call ended with.</summary>
    public Status FinalStatus { get; private set; }

    /// <summary>What remains to be done on another thread when a deadline has ended the call.</summary>
    public Task EarlyEnd => _earlyEnd;

    /// <summary>Sends the headers now.</summary>
    /// <exception cref="InvalidOperationException">They were sent before, or the call has ended.</exception>
    public Task SendHeadersAsync(Metadata headers)
    {
        Task started;
        lock (_gate)
        {
            ThrowIfEnded();
            if (_headersSent || http.Response.HasStarted || _messages.HasWritten)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            AddHeaders(headers);
            PrepareHeaders();
            _headersSent = true;
            started = http.Response.StartAsync();
            if (started.IsCompletedSuccessfully)
            {
                return FlushHeadersAsync();
            }

            _pending++;
        }

        return StartAndFlushAsync(started);
    }

    /// <summary>Writes a message; unless flushed, it waits for the next one or for the end of the call.</summary>
    public Task WriteAsync<T>(T message, Action<T, SerializationContext> serializer, bool compress, bool flush, CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flushed;
        lock (_gate)
        {
            ThrowIfEnded();
            PrepareHeaders();
            _messages.Write(message, serializer, compress ? _compressor : null, options.ResponseCompressionLevel);
            GrpcEventSource.Log.MessageSent();
            if (!flush)
            {
                return Task.CompletedTask;
            }

            flushed = http.Response.BodyWriter.FlushAsync(cancellationToken);
            if (flushed.IsCompletedSuccessfully)
            {
                _ = flushed.Result;
                return Task.CompletedTask;
            }

            _pending++;
        }

        return AwaitFlushAsync(flushed);
    }

    /// <summary>Ends the call: the status goes into the trailers, or into the headers when nothing else was sent. False when it had ended.</summary>
    public bool TryEnd(Status status, Metadata? trailers)
    {
        lock (_gate)
        {
            if (IsEnded)
            {
                return false;
            }

            IsEnded = true;
            FinalStatus = status;
            if (_messages.IsBroken)
            {
                Reset(InternalError);
            }
            else
            {
                WriteStatus(status, trailers);
            }

            return true;
        }
    }

    /// <summary>Ends the call for the client although the handler still runs. False when it had ended.</summary>
    public bool TryEndEarly(Status status)
    {
        lock (_gate)
        {
            if (IsEnded)
            {
                return false;
            }

            IsEnded = true;
            FinalStatus = status;
            if (_pending > 0 || _messages.IsBroken)
            {
                // The client does not read; trailers would wait behind the data that it does not take.
                Reset(Cancel);
                return true;
            }

            WriteStatus(status, null);
            _earlyEnd = CompleteAsync();
            return true;
        }
    }

    private async Task CompleteAsync()
    {
        await Task.Yield();
        try
        {
            await http.Response.CompleteAsync().ConfigureAwait(false);

            // The response is complete; what the client still sends is not wanted (RFC 9113, section 8.1).
            Reset(NoError);
        }
        catch (Exception exception)
        {
            log.EndFailed(http.Request.Path.Value ?? "", exception);
        }
    }

    private void AddHeaders(Metadata headers)
    {
        foreach (var entry in headers)
        {
            if (entry.Key == Metadata.CompressionRequestAlgorithmMetadataKey)
            {
                _encoding = entry.Value;
            }
            else if (!MetadataWire.IsProtocolHeader(entry.Key))
            {
                if (!MetadataWire.TryEncode(entry, out var value))
                {
                    throw new ArgumentException($"Response header '{entry.Key}' has characters that a header cannot carry.", nameof(headers));
                }

                http.Response.Headers.Append(entry.Key, value);
            }
        }
    }

    // Chooses the encoding just before the headers go out: only one that is known here and accepted there.
    private void PrepareHeaders()
    {
        if (_headersPrepared)
        {
            return;
        }

        _headersPrepared = true;
        if (_encoding is null || _encoding == WireHeaders.Identity || options.FindProvider(_encoding) is not { } provider)
        {
            return;
        }

        if (AcceptsEncoding(_encoding))
        {
            _compressor = provider;
            http.Response.Headers.GrpcEncoding = _encoding;
        }
    }

    private bool AcceptsEncoding(string encoding)
    {
        foreach (var line in http.Request.Headers.GrpcAcceptEncoding)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().SequenceEqual(encoding))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private async Task FlushHeadersAsync() => await http.Response.BodyWriter.FlushAsync().ConfigureAwait(false);

    private async Task StartAndFlushAsync(Task started)
    {
        try
        {
            await started.ConfigureAwait(false);
            await FlushHeadersAsync().ConfigureAwait(false);
        }
        finally
        {
            EndPending();
        }
    }

    private async Task AwaitFlushAsync(ValueTask<FlushResult> flushed)
    {
        try
        {
            await flushed.ConfigureAwait(false);
        }
        finally
        {
            EndPending();
        }
    }

    private void EndPending()
    {
        lock (_gate)
        {
            _pending--;
        }
    }

    private void WriteStatus(Status status, Metadata? trailers)
    {
        var response = http.Response;
        var destination = response.HasStarted || _messages.HasWritten
            ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : response.Headers;
        if (destination.IsReadOnly)
        {
            return;
        }

        StatusTrailers.WriteStatus(destination, status);
        if (trailers is { Count: > 0 })
        {
            StatusTrailers.WriteMetadata(destination, trailers, log);
        }
    }

    private void Reset(int errorCode) => http.Features.Get<IHttpResetFeature>()?.Reset(errorCode);

    private void ThrowIfEnded()
    {
        if (IsEnded)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }
    }
}
