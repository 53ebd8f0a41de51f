using Grpc.Core;
using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client;

/// <summary>
/// Calls to one address over HTTP/2. <c>http://</c> speaks HTTP/2 without TLS from the first byte. A channel is safe for concurrent use and
/// should live as long as its address is called; disposing it cancels the calls in progress.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly ChannelConnection _connection;

    private GrpcChannel(ChannelConnection connection)
        : base(connection.Address.Authority)
    {
        _connection = connection;
    }

    /// <summary>A channel to an address such as <c>http://127.0.0.1:7001</c>.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <inheritdoc cref="ForAddress(string)" />
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address), channelOptions);
    }

    /// <inheritdoc cref="ForAddress(string)" />
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <inheritdoc cref="ForAddress(string)" />
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(new ChannelConnection(address, channelOptions));
    }

    /// <inheritdoc />
    public override CallInvoker CreateCallInvoker()
    {
        _connection.ThrowIfDisposed();
        return new HttpCallInvoker(_connection);
    }

    /// <summary>Cancels the calls in progress and closes the connections.</summary>
    public void Dispose() => _connection.Dispose();

    /// <inheritdoc />
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }
}
