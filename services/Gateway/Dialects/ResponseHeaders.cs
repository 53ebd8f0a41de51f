using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Headers that every dialect adds to a picture. None contains '{': one vendor's sample client takes everything from the first '{' on for the body.</summary>
internal static class ResponseHeaders
{
    public const string Ignored = "x-qwenmesh-ignored";
    public const string Truncated = "x-qwenmesh-truncated";

    private const int MaxNames = 32;
    private const int MaxNameLength = 64;

    public static void Set(HttpResponse response, GenerationResult result, IReadOnlyList<string> ignored)
    {
        response.Headers["Server-Timing"] = result.Timings.ServerTiming();
        if (ignored.Count > 0)
        {
            response.Headers[Ignored] = string.Join(", ", ignored.Take(MaxNames).Select(Safe));
        }
        if (result.PromptTruncated)
        {
            response.Headers[Truncated] = "prompt";
        }
    }

    // Names come from the client: anything but letters, digits, '-', '_', '.' and '~' is percent-encoded.
    private static string Safe(string name)
    {
        var cut = name.Length > MaxNameLength ? name[..MaxNameLength] : name;
        return Uri.EscapeDataString(cut);
    }
}
