using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>A call over an HTTP/2 request.</summary>
internal sealed class HttpServerCallContext(HttpContext http, IMethod method, MethodOptions options, CallLog log)
    : ServerCallContext, IServerCallContextFeature, IAsyncDisposable
{
    private readonly CallResponse _response = new(http, options, log);
    private MessageReader? _requests;
    private CallDeadline? _deadline;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private string? _peer;
    private Status _status;
    private bool _requestBroken;

    public HttpContext HttpContext => http;

    public ServerCallContext ServerCallContext => this;

    public bool IsEnded => _response.IsEnded;

    protected override string MethodCore => method.FullName;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => _peer ??= PeerAddress.Format(http.Connection);

    protected override DateTime DeadlineCore => _deadline?.At ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestMetadata.Read(http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _deadline?.Token ?? http.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.FromCertificate(http.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => http.Items!;

    /// <summary>Reads what the headers say about the call.</summary>
    /// <exception cref="RpcException">They cannot be served.</exception>
    public void Start()
    {
        StatusTrailers.SetContentType(http.Response);
        http.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("grpc.method", method.FullName);
        var headers = http.Request.Headers;
        _requests = CreateReader(headers.GrpcEncoding);
        if (RequestMetadata.HasBinary(headers))
        {
            _requestHeaders = RequestMetadata.Read(headers);
        }

        if (headers.GrpcTimeout is { Count: > 0 } timeout)
        {
            StartDeadline(timeout.ToString());
        }
    }

    /// <summary>The next request message, or null at the end of the stream.</summary>
    public async ValueTask<T?> ReadMessageAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var message = await _requests!.ReadAsync(deserializer, cancellationToken).ConfigureAwait(false);
            if (message is not null)
            {
                GrpcEventSource.Log.MessageReceived();
            }

            return message;
        }
        catch (IOException)
        {
            _requestBroken = true;
            throw;
        }
    }

    public ValueTask EnsureRequestEndAsync() => _requests!.EnsureEndAsync(CancellationToken.None);

    public Task WriteMessageAsync<T>(T message, Action<T, SerializationContext> serializer, bool flush, CancellationToken cancellationToken)
    {
        var compress = ((WriteOptionsCore?.Flags ?? 0) & WriteFlags.NoCompress) == 0;
        return _response.WriteAsync(message, serializer, compress, flush, cancellationToken);
    }

    /// <summary>Ends the call with the status that the handler left.</summary>
    public void End() => End(_status);

    /// <summary>Ends the call of a handler that threw.</summary>
    public void End(Exception exception)
    {
        if (_response.IsEnded)
        {
            // The deadline has spoken; what the handler makes of it is its own affair.
            log.MethodCancelled(method.FullName, exception);
        }
        else if (exception is RpcException rpc)
        {
            log.StatusRaised(rpc.StatusCode, rpc.Status.Detail, rpc);
            foreach (var entry in rpc.Trailers)
            {
                ResponseTrailersCore.Add(entry);
            }

            End(rpc.Status);
        }
        else if (_requestBroken || CancellationTokenCore.IsCancellationRequested)
        {
            log.MethodCancelled(method.FullName, exception);
            End(new Status(StatusCode.Cancelled, "Call was cancelled.", exception));
        }
        else
        {
            log.MethodFailed(method.FullName, exception);
            End(CallFailure.ToStatus(exception, options.EnableDetailedErrors));
        }
    }

    /// <summary>Waits for what a deadline still does with the request, and reports the result.</summary>
    public async ValueTask DisposeAsync()
    {
        _deadline?.Dispose();
        await _response.EarlyEnd.ConfigureAwait(false);
        http.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("grpc.status_code", StatusTrailers.CodeText(_response.FinalStatus.StatusCode));
        if (_response.FinalStatus.StatusCode != StatusCode.OK)
        {
            GrpcEventSource.Log.CallFailed(_response.FinalStatus.StatusCode);
        }
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return _response.SendHeadersAsync(responseHeaders);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options)
    {
        var chosen = options ?? ContextPropagationOptions.Default;
        return new ParentCallContext(
            chosen.IsPropagateDeadline ? _deadline?.At : null,
            chosen.IsPropagateCancellation ? CancellationTokenCore : CancellationToken.None);
    }

    private void End(Status status) => _response.TryEnd(status, _responseTrailers);

    private MessageReader CreateReader(string? encoding)
    {
        if (string.IsNullOrEmpty(encoding) || encoding == WireHeaders.Identity)
        {
            return new MessageReader(http.Request.BodyReader, options.MaxReceiveMessageSize, encoding);
        }

        if (options.FindProvider(encoding) is { } provider)
        {
            return new MessageReader(http.Request.BodyReader, options.MaxReceiveMessageSize, encoding, provider);
        }

        http.Response.Headers.GrpcAcceptEncoding = options.AcceptEncoding;
        throw new RpcException(new Status(
            StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {options.AcceptEncoding}"));
    }

    private void StartDeadline(string header)
    {
        if (!GrpcTimeout.TryParse(header, out var timeout))
        {
            log.InvalidTimeout(header);
            return;
        }

        if (timeout == TimeSpan.Zero)
        {
            GrpcEventSource.Log.CallDeadlineExceeded();
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
        }

        _deadline = new CallDeadline(http, timeout, ExceedDeadline, exception => log.EndFailed(method.FullName, exception));
    }

    private bool ExceedDeadline()
    {
        if (!_response.TryEndEarly(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded")))
        {
            return false;
        }

        log.DeadlineExceeded(_deadline?.Timeout ?? default);
        GrpcEventSource.Log.CallDeadlineExceeded();
        return true;
    }
}
