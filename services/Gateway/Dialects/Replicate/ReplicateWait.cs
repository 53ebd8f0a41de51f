using System.Globalization;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>The header "Prefer: wait" or "Prefer: wait=10".</summary>
internal static class ReplicateWait
{
    public const int MaxSeconds = 60;

    /// <summary>How long the answer may wait for the end; zero when it was not asked to. A number outside of 1 to 60 is taken for the nearest.</summary>
    public static TimeSpan Of(IHeaderDictionary headers)
    {
        foreach (var preference in headers["Prefer"].SelectMany(value => (value ?? "").Split([',', ';'], StringSplitOptions.TrimEntries)))
        {
            if (preference.Equals("wait", StringComparison.OrdinalIgnoreCase))
            {
                return TimeSpan.FromSeconds(MaxSeconds);
            }
            if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(preference.AsSpan("wait=".Length).Trim('"'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            {
                return TimeSpan.FromSeconds(Math.Clamp(seconds, 1, MaxSeconds));
            }
        }
        return TimeSpan.Zero;
    }
}
