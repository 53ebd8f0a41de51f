using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Wire.Bench;

internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[TransferSizes.Chunk];

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        return client;
    }

    public async Task UploadAsync(long length)
    {
        await OrderAsync(RawTransfer.Upload, length);
        await RawTransfer.SendAsync(_socket, _buffer, length);
        await RawTransfer.DrainAsync(_socket, _buffer, 1);
    }

    public async Task DownloadAsync(long length)
    {
        await OrderAsync(RawTransfer.Download, length);
        await RawTransfer.DrainAsync(_socket, _buffer, length);
    }

    public void Dispose() => _socket.Dispose();

    private async Task OrderAsync(byte direction, long length)
    {
        var order = new byte[9];
        order[0] = direction;
        BinaryPrimitives.WriteInt64LittleEndian(order.AsSpan(1), length);
        await _socket.SendAsync(order);
    }
}
