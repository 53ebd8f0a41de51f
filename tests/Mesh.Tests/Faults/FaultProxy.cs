using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Mesh.Tests.Faults;

/// <summary>A TCP proxy on loopback before one process, which does to the process and to the connections what a <see cref="Strike"/> says.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(40);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<IPieces> _pieces;
    private readonly Task _accepting;
    private volatile bool _isSlow, _isSilent;

    /// <param name="pieces">For one connection.</param>
    public FaultProxy(Func<IPieces> pieces)
    {
        _pieces = pieces;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Port of the process.</summary>
    public int Target { get; set; }

    /// <summary>The process that is killed or stopped.</summary>
    public IVictim? Victim { get; set; }

    /// <summary>What is to hit, here or at another proxy that has the same.</summary>
    public Strike? Strike { get; set; }

    /// <summary>Sees every piece.</summary>
    public Action<Piece>? Passing { get; set; }

    /// <summary>Ends what was done to the connections.</summary>
    public void Heal()
    {
        _isSlow = false;
        if (_isSilent)
        {
            _isSilent = false;
            Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using var own = client;
        (_connections[client], _connections[server]) = (true, true);
        client.NoDelay = server.NoDelay = true;
        try
        {
            // A machine that is gone takes no connections, either.
            while (_isSilent)
            {
                await Task.Delay(Late, _stop.Token);
            }
            await server.ConnectAsync(IPAddress.Loopback, Target, _stop.Token);
            var pieces = _pieces();
            await Task.WhenAny(PumpAsync(pieces, client, server, fromClient: true), PumpAsync(pieces, server, client, fromClient: false));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
        finally
        {
            _connections.TryRemove(client, out _);
            _connections.TryRemove(server, out _);
        }
    }

    // Ends with its direction; the end of one closes both.
    private async Task PumpAsync(IPieces pieces, TcpClient from, TcpClient to, bool fromClient)
    {
        try
        {
            await foreach (var piece in pieces.ReadAsync(from.GetStream(), fromClient, _stop.Token))
            {
                if (!await PassAsync(piece, to.GetStream()))
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
        }
        while (_isSilent)
        {
            await Task.Delay(Late);
        }
    }

    // Whether the connection goes on.
    private async Task<bool> PassAsync(Piece piece, NetworkStream to)
    {
        if (_isSilent)
        {
            return true;
        }
        Passing?.Invoke(piece);
        switch (Strike?.Take(piece))
        {
            case Fault.Kill:
                await Victim!.KillAsync();
                break;
            case Fault.Stop:
                await Victim!.StopAsync();
                break;
            case Fault.Slow:
                _isSlow = true;
                break;
            case Fault.HalfOpen:
                _isSilent = true;
                return true;
            case Fault.Truncate:
                await to.WriteAsync(piece.Bytes[..(piece.Bytes.Length / 2)], _stop.Token);
                return false;
            case Fault.Duplicate:
                await to.WriteAsync(piece.Bytes, _stop.Token);
                break;
            case Fault.Corrupt:
                piece.Bytes.Span[^(piece.Bytes.Length / 3)] ^= 0x10;
                break;
        }
        if (_isSlow)
        {
            await Task.Delay(Late, _stop.Token);
        }
        await to.WriteAsync(piece.Bytes, _stop.Token);
        return true;
    }

    private void Cut()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Dispose();
        }
    }
}
