namespace QwenMesh.Gateway.Jobs;

/// <summary>UUIDs of version 7 as text with dashes: they begin with their time, in milliseconds, so that their order is that of their times.</summary>
internal static class TimedId
{
    // Twelve digits, and a dash among them.
    private const int TimeCharacters = 13;

    public static string New(DateTimeOffset at) => Guid.CreateVersion7(at).ToString("D");

    /// <summary>Comes before all ids of that millisecond and later ones, and after all earlier ones.</summary>
    public static string Least(DateTimeOffset at) => New(at)[..TimeCharacters];

    public static bool IsOne(string text) => Guid.TryParseExact(text, "D", out var id) && id.Version == 7 && id.ToString("D") == text;
}
