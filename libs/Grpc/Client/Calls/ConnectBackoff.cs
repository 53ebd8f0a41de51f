namespace Grpc.Net.Client.Calls;

/// <summary>How long a call that waits for its server waits between connection attempts: longer each time, with jitter, so that callers do not return at once.</summary>
internal static class ConnectBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static TimeSpan After(int attempt)
    {
        var wait = First * Math.Pow(1.6, Math.Min(attempt, 20));
        return (wait < Longest ? wait : Longest) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }
}
