using System.Globalization;

namespace QwenMesh.Gateway.Jobs;

/// <summary>UUIDs of version 7 as text with dashes: they begin with their time, in milliseconds, so that their order is that of their times.</summary>
internal static class TimedId
{
    // Twelve digits, and a dash among them.
    private const int TimeCharacters = 13;

    // Of a version 4's text: the variant and 62 random bits.
    private const int RandomFrom = 19;

    private static long _last;

    public static string New(DateTimeOffset at) => Guid.CreateVersion7(at).ToString("D");

    /// <summary>
    /// An id after all that this process has made: the twelve bits after the version are the time within the millisecond (RFC 9562, section 6.2, method 3),
    /// and go on counting where the clock does not.
    /// </summary>
    public static string Next(DateTimeOffset now)
    {
        var time = (now - DateTimeOffset.UnixEpoch).Ticks;
        var at = ((time / TimeSpan.TicksPerMillisecond) << 12) | (((time % TimeSpan.TicksPerMillisecond) << 12) / TimeSpan.TicksPerMillisecond);
        long last, next;
        do
        {
            last = Volatile.Read(ref _last);
            next = Math.Max(at, last + 1);
        }
        while (Interlocked.CompareExchange(ref _last, next, last) != last);
        var milliseconds = (next >> 12).ToString("x12", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds[..8]}-{milliseconds[8..]}-7{next & 0xFFF:x3}-{Guid.NewGuid().ToString("D")[RandomFrom..]}");
    }

    /// <summary>Comes before all ids of that millisecond and later ones, and after all earlier ones.</summary>
    public static string Least(DateTimeOffset at) => New(at)[..TimeCharacters];

    public static bool IsOne(string text) => Guid.TryParseExact(text, "D", out var id) && id.Version == 7 && id.ToString("D") == text;
}
