using System.Collections.Concurrent;
using QwenMesh.ServiceDefaults.Tls;

namespace QwenMesh.Gateway.Routing;

/// <summary>How connections to stages are made safe: all of them, once the Gateway has a certificate, or none.</summary>
internal sealed class StageTls(TlsCertificates certificates)
{
    // Connections in use live on with the certificates that they were made with; none for longer than this.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.OrdinalIgnoreCase);

    public bool IsOn => certificates.IsOn;

    public string Scheme => IsOn ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;

    public void Configure(SocketsHttpHandler handler)
    {
        if (IsOn)
        {
            handler.SslOptions = MeshTls.ForStages(certificates);
            handler.PooledConnectionLifetime = Lifetime;
        }
    }

    /// <summary>Remembers the name that an address was looked up by: a replica's certificate has the pool's name, not the address of a pod.</summary>
    public void Remember(string address, string name) => _names[address] = name;

    /// <summary>The name for the certificate of an address; null for the one in the address itself.</summary>
    public string? NameOf(string address) => IsOn ? _names.GetValueOrDefault(address) : null;

    /// <summary>A handler that asks the server for the certificate of the name.</summary>
    public HttpMessageHandler Named(SocketsHttpHandler handler, string address) =>
        NameOf(address) is { } name ? new HostHandler(handler, name) : handler;

    // The host of a request is also the name that its connection is checked by.
    private sealed class HostHandler(HttpMessageHandler inner, string name) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host = name;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
