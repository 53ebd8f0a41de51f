using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QwenMesh.Wire.Tests.Hosting;

namespace QwenMesh.Wire.Tests.Raw;

/// <summary>An HTTP/2 connection frame by frame, for what no HTTP client sends. Headers are literals without Huffman coding or indexing.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;

    public const byte Ack = 1;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    /// <summary>A connection on which nothing was sent.</summary>
    public static async Task<RawHttp2> OpenAsync(Uri address)
    {
        var connection = new RawHttp2();
        await connection._tcp.ConnectAsync(IPAddress.Loopback, address.Port, Bound.Token);
        connection._stream = connection._tcp.GetStream();
        return connection;
    }

    /// <summary>A connection that has sent the preface and its settings.</summary>
    /// <param name="address">Of a port without TLS.</param>
    /// <param name="window">Bytes that the server may send in a stream before it must be told to go on.</param>
    public static async Task<RawHttp2> ConnectAsync(Uri address, int window = 65_535)
    {
        var connection = await OpenAsync(address);
        await connection.SendBytesAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        // SETTINGS_HEADER_TABLE_SIZE 0: the server, too, must send literals, which can be read without a decoder.
        await connection.SendAsync(Settings, 0, 0, [0, 1, 0, 0, 0, 0, 0, 4, .. BigEndian(window)]);
        return connection;
    }

    public static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Literals(params IEnumerable<(string Name, string Value)> headers) =>
        [.. headers.SelectMany(header => (byte[])[0, .. Text(header.Name), .. Text(header.Value)])];

    public static byte[] CallHeaders(string path, params (string Name, string Value)[] more) => Literals(
    [
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
        .. more,
    ]);

    public Task StartCallAsync(int stream, string path, params (string Name, string Value)[] more) =>
        SendAsync(Headers, EndHeaders, stream, CallHeaders(path, more));

    /// <summary>Bytes of a stream in frames of the default size, and its end if wanted.</summary>
    public async Task SendDataAsync(int stream, ReadOnlyMemory<byte> bytes, bool end = true)
    {
        foreach (var part in bytes.ToArray().Chunk(16_384))
        {
            await SendAsync(Data, 0, stream, part);
        }
        if (end)
        {
            await SendAsync(Data, EndStream, stream, []);
        }
    }

    public Task SendAsync(byte type, byte flags, int stream, byte[] payload) => SendBytesAsync(Frame(type, flags, stream, payload.Length, payload));

    public static byte[] Frame(byte type, byte flags, int stream, int length, byte[] payload)
    {
        var header = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(header, length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(5), stream);
        return [.. header, .. payload];
    }

    public async Task SendBytesAsync(byte[] bytes) => await _stream.WriteAsync(bytes, Bound.Token);

    /// <summary>Reads until the stream has ended, or the connection.</summary>
    /// <returns>HTTP 200 or, for all others, 400, and the value of grpc-status; or HTTP 0 and what was reset or closed.</returns>
    public Task<RawReply> EndOfAsync(int stream) => ReadAsync(stream, headersOnly: false);

    /// <summary>Reads until the answer of the stream has begun, or ended.</summary>
    public Task<RawReply> BeginningOfAsync(int stream) => ReadAsync(stream, headersOnly: true);

    /// <summary>Reads and forgets everything until the connection ends.</summary>
    public async Task DrainAsync()
    {
        try
        {
            await _stream.CopyToAsync(Stream.Null, Bound.Token);
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
        }
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<RawReply> ReadAsync(int stream, bool headersOnly)
    {
        var bound = Bound.Token;
        int? http = null;
        try
        {
            while (true)
            {
                var (type, flags, from, payload) = await ReadFrameAsync(bound);
                if (type == Settings && (flags & Ack) == 0)
                {
                    await SendAsync(Settings, Ack, 0, []);
                }
                else if (type == GoAway)
                {
                    return new RawReply(0, null, $"GOAWAY {BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4))}");
                }
                else if (type == Reset && from == stream)
                {
                    return new RawReply(0, null, $"RST_STREAM {BinaryPrimitives.ReadInt32BigEndian(payload)}");
                }
                else if (type == Headers && from == stream)
                {
                    // The first block begins with the size of the table and then :status, where 200 has an index of its own.
                    http ??= payload is [0x88, ..] or [0x20, 0x88, ..] ? 200 : 400;
                    if (headersOnly || (flags & EndStream) != 0)
                    {
                        // With its length before it: there is grpc-status-details-bin, too.
                        var at = payload.AsSpan().IndexOf("\u000bgrpc-status"u8);
                        return new RawReply(http.Value, at < 0 ? null : int.Parse(payload.AsSpan(at + 13, payload[at + 12]), CultureInfo.InvariantCulture), "");
                    }
                }
                else if (type == Data && from == stream && (flags & EndStream) != 0)
                {
                    return new RawReply(http ?? 0, null, "");
                }
            }
        }
        catch (IOException closed)
        {
            return new RawReply(0, null, closed.Message);
        }
    }

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReadFrameAsync(CancellationToken bound)
    {
        var header = new byte[9];
        await _stream.ReadExactlyAsync(header, bound);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
        await _stream.ReadExactlyAsync(payload, bound);
        return (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    private static byte[] Text(string text)
    {
        // HPACK integers with a prefix of seven bits.
        var bytes = new List<byte>();
        if (text.Length < 127)
        {
            bytes.Add((byte)text.Length);
        }
        else
        {
            bytes.Add(127);
            var left = text.Length - 127;
            for (; left >= 128; left >>= 7)
            {
                bytes.Add((byte)(left & 127 | 128));
            }
            bytes.Add((byte)left);
        }
        return [.. bytes, .. Encoding.ASCII.GetBytes(text)];
    }
}
