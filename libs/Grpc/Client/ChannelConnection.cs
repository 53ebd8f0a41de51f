using Grpc.Core;
using Grpc.Net.Client.Calls;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A channel's settings after they were checked, its HTTP connections, and the calls in progress on them.</summary>
internal sealed class ChannelConnection : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly bool _disposeHttp;
    private readonly HashSet<IActiveCall> _calls = [];
    private bool _disposed;

    public ChannelConnection(Uri address, GrpcChannelOptions options)
    {
        if (!address.IsAbsoluteUri || string.IsNullOrEmpty(address.Host))
        {
            throw new ArgumentException(
                $"Address '{address.OriginalString}' doesn't have a host. Address should include a scheme, host, and optional port. For example, 'https://localhost:5001'.",
                nameof(address));
        }

        if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'.");
        }

        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException(
                $"{nameof(GrpcChannelOptions.HttpClient)} and {nameof(GrpcChannelOptions.HttpHandler)} have been configured. Only one HTTP caller can be specified.",
                nameof(options));
        }

        Address = address;
        IsSecure = address.Scheme == Uri.UriSchemeHttps;
        MaxSendMessageSize = options.MaxSendMessageSize ?? int.MaxValue;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize ?? int.MaxValue;
        ThrowOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        SendCallCredentials = IsSecure || options.UnsafeUseInsecureChannelCallCredentials;
        Credentials = ChannelCredentialsReader.Read(options.Credentials, address);
        Encodings = new MessageEncodings(options.CompressionProviders ?? MessageEncodings.DefaultProviders);
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Grpc.Net.Client.Internal.GrpcCall");
        _disposeHttp = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        _http = (HttpMessageInvoker?)options.HttpClient
            ?? new HttpMessageInvoker(options.HttpHandler ?? DefaultHttpHandler.Create(address), disposeHandler: _disposeHttp);
    }

    public Uri Address { get; }

    public bool IsSecure { get; }

    public int MaxSendMessageSize { get; }

    public int MaxReceiveMessageSize { get; }

    public bool ThrowOperationCanceled { get; }

    public bool SendCallCredentials { get; }

    public IReadOnlyList<CallCredentials> Credentials { get; }

    public MessageEncodings Encodings { get; }

    public ILogger Logger { get; }

    /// <summary>Completes when the response's headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _http.SendAsync(request, cancellationToken);

    public void Register(IActiveCall call)
    {
        lock (_calls)
        {
            ThrowIfDisposed();
            _calls.Add(call);
        }
    }

    public void Unregister(IActiveCall call)
    {
        lock (_calls)
        {
            _calls.Remove(call);
        }
    }

    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, typeof(GrpcChannel));

    public void Dispose()
    {
        IActiveCall[] calls;
        lock (_calls)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            calls = [.. _calls];
        }

        foreach (var call in calls)
        {
            call.Dispose();
        }

        if (_disposeHttp)
        {
            _http.Dispose();
        }
    }
}
