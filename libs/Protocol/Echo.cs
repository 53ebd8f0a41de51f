namespace QwenMesh.Protocol;

/// <summary>What a peer sent, short enough to be said back to it: a status travels in headers, which have limits on every way.</summary>
public static class Echo
{
    /// <summary>Characters of a name in a message at most.</summary>
    public const int MaxNameLength = 64;

    /// <summary>A tensor's name, cut.</summary>
    public static string Name(string name) => Cut(name, MaxNameLength);

    /// <summary>A text of at most <paramref name="length"/> characters, with "..." in place of what is cut off.</summary>
    public static string Cut(string text, int length)
    {
        const string Rest = "...";
        if (text.Length <= length)
        {
            return text;
        }
        // Half of a character is none: it could not be encoded.
        var end = length - Rest.Length;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + Rest;
    }
}
