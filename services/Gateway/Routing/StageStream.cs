using System.Buffers.Binary;
using System.Net.Sockets;

namespace QwenMesh.Gateway.Routing;

/// <summary>
/// A connection to a stage that ends when the machine behind it is gone. Such a machine sends no RST; the kernel of one that is there acknowledges within
/// milliseconds, however busy its processes are. TCP's own timers (keep-alive, TCP_USER_TIMEOUT) find it in whole seconds, after two; they send the probes,
/// and what has come back is looked at more often.
/// </summary>
internal sealed class StageStream : NetworkStream
{
    private const int MostProbes = 9;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1.3);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.2);

    private readonly Timer? _timer;
    private bool _wasSilent;

    public StageStream(Socket socket)
        : base(socket, ownsSocket: true)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        Probe(socket);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, MostProbes);
        if (OperatingSystem.IsLinux())
        {
            _timer = new Timer(_ => EndIfGone(), null, Look, Look);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timer?.Dispose();
        }
        base.Dispose(disposing);
    }

    private void EndIfGone()
    {
        try
        {
            if (TcpInfo.Of(Socket) is not { IsAsking: true } info)
            {
                _wasSilent = false;
                return;
            }
            Probe(Socket); // One packet may be lost.
            var isSilent = info.SinceAcknowledged > Silence;
            // Twice in a row: what was sent a moment before the first look has had its time.
            if (isSilent && _wasSilent)
            {
                Dispose();
            }
            _wasSilent = isSilent;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended in the meantime.
        }
    }

    // After a second of silence, and at once when that is over.
    private static void Probe(Socket socket) => socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);

    /// <summary>What the kernel of Linux knows of a connection (tcp(7), TCP_INFO; offsets of struct tcp_info in linux/tcp.h).</summary>
    /// <param name="IsAsking">Data, or a probe of an idle connection, waits for its acknowledgement.</param>
    /// <param name="SinceAcknowledged">Since anything was acknowledged.</param>
    internal readonly record struct TcpInfo(bool IsAsking, TimeSpan SinceAcknowledged)
    {
        private const int Option = 11;
        private const int Probes = 3;
        private const int Unacknowledged = 24;
        private const int LastAcknowledged = 56;
        private const int Bytes = 60;

        public static TcpInfo? Of(Socket socket)
        {
            Span<byte> info = stackalloc byte[Bytes];
            if (socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, Option, info) < Bytes)
            {
                return null;
            }
            var unacknowledged = BinaryPrimitives.ReadUInt32LittleEndian(info[Unacknowledged..]);
            return new TcpInfo(
                info[Probes] > 0 || unacknowledged > 0, TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32LittleEndian(info[LastAcknowledged..])));
        }
    }
}
