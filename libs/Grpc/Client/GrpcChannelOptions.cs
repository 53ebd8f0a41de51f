using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What a <see cref="GrpcChannel"/> is made with.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>
    /// Credentials of the channel, null for those that the address' scheme implies. They must fit the scheme: <see cref="ChannelCredentials.Insecure"/>
    /// for <c>http</c>, <see cref="ChannelCredentials.SecureSsl"/> for <c>https</c>. Certificates are configured on the HTTP handler.
    /// </summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Largest message that is sent, in bytes; null (the default) for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message that is accepted, in bytes, before and after decompression; null for no limit. 4 MiB by default.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Message encodings by name, null for gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where the channel logs to, null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Makes the HTTP requests; not together with <see cref="HttpHandler"/>. Not disposed with the channel unless <see cref="DisposeHttpClient"/> is set.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Makes the HTTP requests; not together with <see cref="HttpClient"/>. Not disposed with the channel unless <see cref="DisposeHttpClient"/> is set.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether a given <see cref="HttpClient"/> or <see cref="HttpHandler"/> is disposed with the channel.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>
    /// Whether a call that ends because its token was cancelled or its deadline passed throws <see cref="OperationCanceledException"/>
    /// rather than <see cref="RpcException"/>.
    /// </summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are sent over connections without TLS; otherwise they are left out there.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }
}
