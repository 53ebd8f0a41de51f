using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QwenMesh.Dialects.Bench;

/// <summary>
/// One HTTP/1.1 connection with one request at a time, made of bytes that are there already: what the client costs, on the processors that the server
/// needs too, is little.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ArrayBufferWriter<byte> _body = new();
    private byte[] _received = new byte[64 << 10];
    private int _begin;
    private int _end;

    public static async Task<HttpConnection> OpenAsync(Uri server)
    {
        var connection = new HttpConnection();
        await connection._socket.ConnectAsync(server.Host, server.Port);
        return connection;
    }

    /// <returns>Status, and the body, which is valid until the next call.</returns>
    public async Task<(int Status, ReadOnlyMemory<byte> Body)> ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        for (var rest = request; rest.Length > 0;)
        {
            rest = rest[await _socket.SendAsync(rest)..];
        }
        _body.ResetWrittenCount();
        var head = await LinesAsync("\r\n\r\n"u8.ToArray());
        var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        if (Header(head, "Content-Length") is { } length)
        {
            await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }
        else if (Header(head, "Transfer-Encoding") is not null)
        {
            while (int.Parse(await LinesAsync("\r\n"u8.ToArray()), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                await TakeAsync(size);
                await LinesAsync("\r\n"u8.ToArray());
            }
            await LinesAsync("\r\n"u8.ToArray());
        }
        return (status, _body.WrittenMemory);
    }

    public void Dispose() => _socket.Dispose();

    private static string? Header(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }
        var value = at + name.Length + 4;
        var end = head.IndexOf("\r\n", value, StringComparison.Ordinal);
        return end < 0 ? head[value..] : head[value..end];
    }

    private async Task<string> LinesAsync(byte[] end)
    {
        for (var searched = 0; ;)
        {
            var found = _received.AsSpan((_begin + searched)..(_end)).IndexOf(end);
            if (found >= 0)
            {
                var text = Encoding.ASCII.GetString(_received, _begin, searched + found);
                _begin += searched + found + end.Length;
                return text;
            }
            searched = Math.Max(0, _end - _begin - end.Length);
            await ReceiveAsync();
        }
    }

    private async Task TakeAsync(int bytes)
    {
        while (bytes > 0)
        {
            if (_begin == _end)
            {
                await ReceiveAsync();
            }
            var some = Math.Min(bytes, _end - _begin);
            _body.Write(_received.AsSpan(_begin, some));
            _begin += some;
            bytes -= some;
        }
    }

    private async Task ReceiveAsync()
    {
        if (_begin == _end)
        {
            (_begin, _end) = (0, 0);
        }
        else if (_end == _received.Length)
        {
            var rest = _received.AsSpan(_begin, _end - _begin).ToArray();
            _received = new byte[_received.Length * 2];
            rest.CopyTo(_received, 0);
            (_begin, _end) = (0, rest.Length);
        }
        var received = await _socket.ReceiveAsync(_received.AsMemory(_end));
        _end += received > 0 ? received : throw new IOException("the server has closed the connection");
    }
}
