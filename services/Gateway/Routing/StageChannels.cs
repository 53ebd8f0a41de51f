using Grpc.Net.Client;

namespace QwenMesh.Gateway.Routing;

/// <summary>One gRPC channel per address, kept while the address is in use.</summary>
internal sealed class StageChannels(StageTls tls) : IDisposable
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _lock = new();
    private bool _disposed;

    /// <exception cref="ObjectDisposedException">The Gateway has stopped.</exception>
    public GrpcChannel Take(string address)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_entries.TryGetValue(address, out var entry))
            {
                _entries.Add(address, entry = new Entry(Open(address)));
            }
            entry.Users++;
            return entry.Channel;
        }
    }

    public void Return(string address)
    {
        lock (_lock)
        {
            // The Gateway has stopped without waiting for this call: its channel is gone.
            if (_entries.TryGetValue(address, out var entry))
            {
                entry.Users--;
            }
        }
    }

    /// <summary>Closes idle channels to addresses that no pool has any more.</summary>
    public void Trim(IReadOnlySet<string> addresses)
    {
        lock (_lock)
        {
            foreach (var (address, entry) in _entries.Where(pair => pair.Value.Users == 0 && !addresses.Contains(pair.Key)).ToArray())
            {
                _entries.Remove(address);
                entry.Channel.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var entry in _entries.Values)
            {
                entry.Channel.Dispose();
            }
            _entries.Clear();
        }
    }

    private GrpcChannel Open(string address)
    {
        var handler = new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5), UseProxy = false };
        StageConnections.Configure(handler);
        tls.Configure(handler);
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = tls.Named(handler, address), DisposeHttpClient = true });
    }

    private sealed class Entry(GrpcChannel channel)
    {
        public GrpcChannel Channel { get; } = channel;

        public int Users { get; set; }
    }
}
