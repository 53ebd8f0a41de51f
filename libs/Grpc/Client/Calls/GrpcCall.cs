using Grpc.Core;
using Grpc.Net.Client.Content;
using Grpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>One call: makes the HTTP request and reads its answer.</summary>
internal sealed class GrpcCall<TRequest, TResponse> : CallState
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private readonly TaskCompletionSource<TResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ResponseBody?> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CallContent? _content;
    private ResponseBody? _body;

    public GrpcCall(ChannelConnection connection, Method<TRequest, TResponse> method, string? host, in CallOptions options)
        : base(connection, method, options)
    {
        _method = method;
        _host = host;
        var encoding = options.Headers?.GetValue(Metadata.CompressionRequestAlgorithmMetadataKey);
        var compressor = connection.Encodings.Find(encoding);
        if (compressor is null && encoding is not null && encoding != WireHeaders.Identity)
        {
            throw new InvalidOperationException($"Could not find compression provider for '{encoding}'.");
        }

        RequestEncoding = compressor?.EncodingName;
        Encoder = new MessageEncoder<TRequest>(method.RequestMarshaller.ContextualSerializer, compressor, connection.MaxSendMessageSize);
    }

    public MessageEncoder<TRequest> Encoder { get; }

    public string? RequestEncoding { get; }

    /// <summary>The response of a call that has one.</summary>
    public Task<TResponse> ResponseAsync => _response.Task;

    /// <summary>The messages of a response stream; null when the call ended without any.</summary>
    public Task<ResponseBody?> Opened => _opened.Task;

    private bool HasResponseStream => _method.Type is MethodType.ServerStreaming or MethodType.DuplexStreaming;

    protected override bool IsRequestSent => _content is { IsSent: true };

    /// <summary>Starts the call. Whatever happens, happens to its tasks.</summary>
    public void Start(CallContent content)
    {
        _content = content;
        Begin();
        _ = RunAsync(content);
    }

    /// <summary>Reads the next message of the response stream; null after the last, with status OK.</summary>
    public async Task<TResponse?> ReadNextAsync()
    {
        try
        {
            if (await Opened.ConfigureAwait(false) is { } body && !IsFinished)
            {
                if (await body.ReadAsync(_method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false) is { } message)
                {
                    return message;
                }

                FinishWithTrailers(body);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        var status = await Finished.ConfigureAwait(false);
        return status.StatusCode == StatusCode.OK ? null : throw CreateException();
    }

    /// <summary>
    /// Finds out why the request stream broke. A server that has answered stops reading: then the answer's status is the reason, and it is on its way.
    /// </summary>
    public async Task<Exception> ExplainBrokenRequestAsync(Exception exception)
    {
        try
        {
            if (!HasResponseStream)
            {
                await Finished.ConfigureAwait(false);
            }
            else if (await Opened.ConfigureAwait(false) is { } body && !IsFinished && await body.IsAtEndAsync(Aborted).ConfigureAwait(false))
            {
                FinishWithTrailers(body);
            }
        }
        catch (Exception reason)
        {
            Fail(reason);
        }

        if (!IsFinished)
        {
            return new RpcException(StatusMapping.FromException(exception));
        }

        return CreateEndedException();
    }

    /// <summary>The exception of a write to a call that has ended.</summary>
    public Exception CreateEndedException() => Finished.Result.StatusCode == StatusCode.OK
        ? new InvalidOperationException("Can't write the message because the call is complete.")
        : CreateException();

    protected override void OnFinished(Status status)
    {
        _content?.Abandon();
        _opened.TrySetResult(null);
        if (status.StatusCode != StatusCode.OK && !HasResponseStream && _response.TrySetException(CreateException()))
        {
            _ = _response.Task.Exception; // A call may be abandoned without asking for its response.
        }

        Volatile.Read(ref _body)?.Dispose();
    }

    private async Task RunAsync(CallContent content)
    {
        var activity = ClientTelemetry.Start(Method);
        CallLog.Starting(Connection.Logger, Method.FullName);
        HttpResponseMessage? response = null;
        try
        {
            if (!IsFinished)
            {
                response = await SendAsync(content).ConfigureAwait(false);
                await ReceiveAsync(response).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        var status = await Finished.ConfigureAwait(false);
        if (_body is null)
        {
            response?.Dispose();
        }

        ClientTelemetry.Stop(activity, status);
        CallLog.Ended(Connection.Logger, Method.FullName, status);
    }

    private async Task<HttpResponseMessage> SendAsync(CallContent content)
    {
        for (var attempt = 0; ; attempt++)
        {
            var request = await CallRequest.CreateAsync(this, content, RequestEncoding, _host, Deadline).ConfigureAwait(false);
            try
            {
                return await Connection.SendAsync(request, Aborted).ConfigureAwait(false);
            }
            catch (HttpRequestException exception) when (Options.IsWaitForReady && IsNotConnected(exception.HttpRequestError))
            {
                // Nothing was sent, so nothing can happen twice.
                await Task.Delay(ConnectBackoff.After(attempt), Aborted).ConfigureAwait(false);
            }
        }
    }

    private async Task ReceiveAsync(HttpResponseMessage response)
    {
        if (ResponseHead.FindFault(response) is { } fault)
        {
            Finish(fault);
            return;
        }

        SetHeaders(ResponseMetadata.Read(response));
        if (ResponseHead.IsTrailersOnly(response))
        {
            var status = ResponseMetadata.ReadStatus(response.Headers);
            Finish(
                status.StatusCode == StatusCode.OK && !HasResponseStream ? MissingResponse() : status,
                ResponseMetadata.Read(response.Headers));
            return;
        }

        var body = await ResponseBody.OpenAsync(response, Connection, Aborted).ConfigureAwait(false);
        Volatile.Write(ref _body, body);
        if (IsFinished)
        {
            body.Dispose();
        }
        else if (HasResponseStream)
        {
            _opened.TrySetResult(body);
        }
        else
        {
            await ReceiveSingleAsync(body).ConfigureAwait(false);
        }
    }

    private async Task ReceiveSingleAsync(ResponseBody body)
    {
        var message = await body.ReadAsync(_method.ResponseMarshaller.ContextualDeserializer, Aborted).ConfigureAwait(false);
        if (message is not null)
        {
            await body.EnsureEndAsync(Aborted).ConfigureAwait(false);
        }

        var (status, trailers) = body.ReadTrailers();
        var succeeded = status.StatusCode == StatusCode.OK;
        if (Finish(succeeded && message is null ? MissingResponse() : status, trailers) && succeeded && message is not null)
        {
            _response.TrySetResult(message);
        }
    }

    private void FinishWithTrailers(ResponseBody body)
    {
        var (status, trailers) = body.ReadTrailers();
        Finish(status, trailers);
    }

    private static bool IsNotConnected(HttpRequestError error) =>
        error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    private static Status MissingResponse() => new(StatusCode.Internal, "The server ended the call with status OK but without a response message.");
}
