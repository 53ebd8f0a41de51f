namespace QwenMesh.Gateway.Guardrails;

/// <summary>A phrase that no prompt may contain.</summary>
/// <param name="Rule">Where it stands, e.g. "file:12" or "deny:0".</param>
/// <param name="Text">Folded.</param>
internal sealed record DenyPhrase(string Rule, string Text)
{
    // Bounds what one character of a prompt can cost: there is at most one match of each length.
    private const int MostCharacters = 256;

    /// <summary>What is wrong with a phrase as it is written; null for nothing.</summary>
    public static string? FaultOf(string phrase) =>
        phrase.TrimStart().StartsWith("regex:", StringComparison.OrdinalIgnoreCase) ? "is a regular expression; only phrases are allowed"
        : phrase.Length > MostCharacters ? $"has {phrase.Length} characters; at most {MostCharacters} are allowed"
        : PromptFolding.Fold(phrase).Length == 0 ? "has nothing that can be looked for"
        : null;
}
