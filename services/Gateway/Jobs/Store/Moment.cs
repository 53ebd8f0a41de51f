namespace QwenMesh.Gateway.Jobs.Store;

/// <summary>Times as the store keeps them: microseconds since 1970 in UTC, which both databases compare alike.</summary>
internal static class Moment
{
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long Of(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Time(long moment) => DateTimeOffset.UnixEpoch.AddTicks(moment * TimeSpan.TicksPerMicrosecond);
}
