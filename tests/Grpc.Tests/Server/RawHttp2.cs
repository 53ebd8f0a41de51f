using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QwenMesh.Grpc.Tests.Server;

/// <summary>An HTTP/2 connection frame by frame, for what no HTTP client sends. Headers are literals without Huffman coding or indexing.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    public static async Task<RawHttp2> ConnectAsync(Uri address)
    {
        var connection = new RawHttp2();
        await connection._tcp.ConnectAsync(IPAddress.Loopback, address.Port, Patience.Token);
        connection._stream = connection._tcp.GetStream();
        await connection._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Patience.Token);

        // SETTINGS_HEADER_TABLE_SIZE 0: the server, too, must send literals, which can be read without a decoder.
        await connection.SendAsync(Settings, 0, 0, [0, 1, 0, 0, 0, 0]);
        return connection;
    }

    public Task StartCallAsync(int stream, string path, bool endStream = false) => SendAsync(
        Headers,
        (byte)(EndHeaders | (endStream ? EndStream : 0)),
        stream,
        Literals((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers")));

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var header = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(header, payload.Length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(5), stream);
        await _stream.WriteAsync((byte[])[.. header, .. payload], Patience.Token);
    }

    /// <summary>Reads frames until one of the stream ends it, and returns the value of <c>grpc-status</c>, or what ended it instead.</summary>
    public async Task<string> ReadStatusAsync(int stream)
    {
        var patience = Patience.Token;
        while (true)
        {
            var header = new byte[9];
            await _stream.ReadExactlyAsync(header, patience);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
            await _stream.ReadExactlyAsync(payload, patience);
            if (header[3] == Settings && header[4] == 0)
            {
                await SendAsync(Settings, 1, 0, []);
            }

            if (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) != stream)
            {
                continue;
            }

            if (header[3] == Reset)
            {
                return $"reset {BinaryPrimitives.ReadInt32BigEndian(payload)}";
            }

            if (header[3] == Headers && (header[4] & EndStream) != 0)
            {
                var at = payload.AsSpan().IndexOf("grpc-status"u8);
                return at < 0 ? "no status" : Encoding.ASCII.GetString(payload, at + 12, payload[at + 11]);
            }
        }
    }

    public void Dispose() => _tcp.Dispose();

    private static byte[] Literals(params (string Name, string Value)[] headers) =>
        [.. headers.SelectMany(header => (byte[])[0, .. Text(header.Name), .. Text(header.Value)])];

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
