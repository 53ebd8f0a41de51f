using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Grpc.Testing;

namespace QwenMesh.Grpc.Tests.Client;

/// <summary>A TCP server that treats every connection as a test says, with a client that calls it.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly GrpcChannel _channel;

    private RawPeer(Func<NetworkStream, Task> treat)
    {
        _listener.Start();
        _ = AcceptAsync(treat);
        _channel = GrpcChannel.ForAddress($"http://{_listener.LocalEndpoint}");
        Client = new TestService.TestServiceClient(_channel);
    }

    public TestService.TestServiceClient Client { get; }

    public static RawPeer Start(Func<NetworkStream, Task> treat) => new(treat);

    public void Dispose()
    {
        _channel.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync(Func<NetworkStream, Task> treat)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                await treat(stream);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
