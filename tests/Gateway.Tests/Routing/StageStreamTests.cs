using System.Net;
using System.Net.Sockets;
using QwenMesh.Gateway.Routing;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Routing;

/// <summary>Peers that are there, however little they do. One that is gone is in the tests of the mesh, which may drop packets.</summary>
public sealed class StageStreamTests : IAsyncLifetime
{
    // Several times what a peer that is gone gets.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Socket _peer = null!;
    private StageStream _stream = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint, Token);
        (_peer, _stream) = (await _listener.AcceptSocketAsync(Token), new StageStream(socket));
    }

    public ValueTask DisposeAsync()
    {
        _stream.Dispose();
        _peer.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task One_that_says_nothing_is_waited_for()
    {
        var answer = new byte[1];
        var reading = _stream.ReadExactlyAsync(answer, Token).AsTask();
        await Task.Delay(Long, Token);
        await _peer.SendAsync(new byte[] { 7 }, Token);
        await reading;
        Assert.Equal(7, answer[0]);
    }

    [Fact]
    public async Task One_that_takes_nothing_is_waited_for()
    {
        // More than the buffers of both sides: its window is closed, and the kernel asks now and then whether it has opened.
        var sent = new byte[64 << 20];
        var writing = _stream.WriteAsync(sent, Token).AsTask();
        await Task.Delay(Long, Token);
        Assert.False(writing.IsCompleted);
        var buffer = new byte[1 << 20];
        for (var taken = 0; taken < sent.Length;)
        {
            var count = await _peer.ReceiveAsync(buffer, Token);
            Assert.True(count > 0, $"the connection ended after {taken} bytes");
            taken += count;
        }
        await writing;
    }

    [Fact]
    public async Task What_was_acknowledged_is_known()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel's numbers are Linux's");
        await _stream.WriteAsync(new byte[] { 1 }, Token);
        await _peer.ReceiveAsync(new byte[1], Token);
        await Eventually.TrueAsync(() => StageStream.TcpInfo.Of(_stream.Socket) is { IsAsking: false }, "the byte is acknowledged");
    }
}
