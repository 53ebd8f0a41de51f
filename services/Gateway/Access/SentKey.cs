using Microsoft.Extensions.Primitives;

namespace QwenMesh.Gateway.Access;

/// <summary>The API key of a request, wherever the vendors' clients put theirs.</summary>
internal static class SentKey
{
    // Longer than any vendor's key.
    private const int MostCharacters = 1024;

    // OpenAI and most others; fal; Replicate.
    private static readonly string[] Schemes = ["Bearer", "Key", "Token"];

    private static readonly string[] Headers = ["x-api-key", "api-key"];

    /// <summary>Null when there is none. What stands there twice counts as none: proxies and servers differ in which of the two they mean.</summary>
    public static string? Of(IHeaderDictionary headers)
    {
        if (headers.Authorization is [{ } authorization] && OfScheme(authorization) is { } sent)
        {
            return sent;
        }
        foreach (var name in Headers)
        {
            if (headers.TryGetValue(name, out var values) && values is [{ } value] && Usable(value) is { } plain)
            {
                return plain;
            }
        }
        return null;
    }

    /// <summary>Takes the key out of a request that goes on to the stages.</summary>
    public static void Remove(IHeaderDictionary headers)
    {
        headers.Authorization = StringValues.Empty;
        foreach (var name in Headers)
        {
            headers.Remove(name);
        }
    }

    private static string? OfScheme(string authorization)
    {
        var space = authorization.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && Schemes.Contains(authorization[..space], StringComparer.OrdinalIgnoreCase) ? Usable(authorization[space..]) : null;
    }

    private static string? Usable(string text) => text.Trim() is { Length: > 0 and <= MostCharacters } trimmed ? trimmed : null;
}
