using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Headers that every dialect adds to a picture. None contains '{': one vendor's sample client takes everything from the first '{' on for the body.</summary>
public static class ResponseHeaders
{
    /// <summary>Fields that had no influence.</summary>
    public const string Ignored = "x-qwenmesh-ignored";

    /// <summary>"prompt", "negative_prompt" or both: those that were longer than the model reads.</summary>
    public const string Truncated = "x-qwenmesh-truncated";

    /// <summary>Names that are told.</summary>
    internal const int MaxNames = 32;

    /// <summary>Sets them; before the body is written.</summary>
    /// <param name="response">Of the request.</param>
    /// <param name="timings">Of the generation.</param>
    /// <param name="ignored">Names that the client sent and that had no influence; at most 32 are told, 64 characters of each.</param>
    /// <param name="promptTruncated">Whether the prompt was cut.</param>
    /// <param name="negativePromptTruncated">Whether the negative prompt was cut.</param>
    public static void Set(
        HttpResponse response, GenerationTimings timings, IReadOnlyList<string> ignored, bool promptTruncated, bool negativePromptTruncated)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(timings);
        ArgumentNullException.ThrowIfNull(ignored);
        response.Headers["Server-Timing"] = timings.ServerTiming();
        SetAccepted(response, ignored, promptTruncated, negativePromptTruncated);
    }

    /// <summary>Those that are known when a job is accepted.</summary>
    internal static void SetAccepted(HttpResponse response, IReadOnlyList<string> ignored, bool promptTruncated, bool negativePromptTruncated)
    {
        SetIgnored(response, ignored);
        if (promptTruncated || negativePromptTruncated)
        {
            response.Headers[Truncated] = (promptTruncated, negativePromptTruncated) switch
            {
                (true, true) => "prompt, negative_prompt",
                (true, false) => "prompt",
                _ => "negative_prompt",
            };
        }
    }

    /// <summary>The names alone.</summary>
    public static void SetIgnored(HttpResponse response, IReadOnlyList<string> ignored)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(ignored);
        if (ignored.Count > 0)
        {
            response.Headers[Ignored] = string.Join(", ", ignored.Take(MaxNames).Select(Safe));
        }
    }

    // Names come from the client: anything but letters, digits, '-', '_', '.' and '~' is percent-encoded.
    private static string Safe(string name) => Uri.EscapeDataString(name.Length > Echo.Most ? name[..Echo.Most] : name);
}
