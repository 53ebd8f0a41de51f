using System.Net.Sockets;

namespace QwenMesh.Wire.Bench;

/// <summary>Both ends of the raw transfer.</summary>
internal static class RawTransfer
{
    public const byte Upload = 0;
    public const byte Download = 1;

    public static async Task SendAsync(Socket socket, byte[] buffer, long length)
    {
        for (var sent = 0L; sent < length;)
        {
            sent += await socket.SendAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - sent)));
        }
    }

    public static async Task DrainAsync(Socket socket, byte[] buffer, long length)
    {
        while (length > 0)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)));
            length -= count > 0 ? count : throw new IOException("The raw connection ended early.");
        }
    }

    public static async Task<bool> TryReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = await socket.ReceiveAsync(buffer);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
        }

        return true;
    }
}
