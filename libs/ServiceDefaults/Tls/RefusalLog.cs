using Microsoft.Extensions.Logging;

namespace QwenMesh.ServiceDefaults.Tls;

/// <summary>Says why connections are refused. Whoever reaches the port can make it refuse, so there is a bound on the lines.</summary>
internal sealed partial class RefusalLog(ILogger logger, TimeProvider time)
{
    public const int LinesPerWindow = 10;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _began;
    private int _lines;
    private int _left;

    /// <param name="peer">Address of the other side, or its name.</param>
    /// <param name="reason">E.g. "it has shown no certificate".</param>
    public void Refused(string peer, string reason)
    {
        int left;
        lock (_lock)
        {
            if (_lines == 0 || time.GetElapsedTime(_began) >= Window)
            {
                (_began, _lines) = (time.GetTimestamp(), 0);
            }
            if (++_lines > LinesPerWindow)
            {
                _left++;
                return;
            }
            (left, _left) = (_left, 0);
        }
        if (left > 0)
        {
            LogLeftOut(logger, left);
        }
        LogRefused(logger, peer, reason);
    }

    [LoggerMessage(500, LogLevel.Warning, "A TLS connection with {Peer} is refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string peer, string reason);

    [LoggerMessage(501, LogLevel.Warning, "{Count} more TLS connections were refused")]
    private static partial void LogLeftOut(ILogger logger, int count);
}
