using System.Net;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>
/// Addresses of 127.0.0.0/8 on which nothing else listens. A port of 127.0.0.1 that a test closes may be given to the next who asks the system for any:
/// to a server of another test, where the first one expects that nobody answers, or wants to open it again.
/// </summary>
internal static class OwnLoopback
{
    private static int _count;

    public static IPAddress Next()
    {
        var (process, own) = (Environment.ProcessId, Interlocked.Increment(ref _count));
        return new IPAddress([127, (byte)(1 + (process / 256 % 254)), (byte)(process % 256), (byte)(1 + (own % 254))]);
    }
}
