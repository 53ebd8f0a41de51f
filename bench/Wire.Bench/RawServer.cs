using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Wire.Bench;

/// <summary>
/// What loopback does without any protocol: the client sends a direction byte and a length, then one side sends that many bytes through one buffer and
/// the other receives them into one buffer, and acknowledges with one byte.
/// </summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (SocketException)
        {
            // The listener was closed.
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var buffer = new byte[TransferSizes.Chunk];
        while (await RawTransfer.TryReceiveAsync(socket, buffer.AsMemory(0, 9)))
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(1));
            if (buffer[0] == RawTransfer.Upload)
            {
                await RawTransfer.DrainAsync(socket, buffer, length);
                await socket.SendAsync(buffer.AsMemory(0, 1));
            }
            else
            {
                await RawTransfer.SendAsync(socket, buffer, length);
            }
        }
    }
}
