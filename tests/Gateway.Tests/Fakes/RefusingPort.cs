using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>A port of 127.0.0.1 that refuses connections, and is nobody else's meanwhile: bound, and not listened on.</summary>
internal sealed class RefusingPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RefusingPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Url => $"http://{_socket.LocalEndPoint}";

    public void Dispose() => _socket.Dispose();
}
