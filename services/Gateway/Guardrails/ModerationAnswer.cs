using System.Text.Json;

namespace QwenMesh.Gateway.Guardrails;

/// <summary>{"results":[{"flagged":true,"categories":{"violence":true,"sexual":false}}]}; more in it counts for nothing.</summary>
internal static class ModerationAnswer
{
    public const string RulePrefix = "moderation:";

    private const int MostCategories = 8, MostCharacters = 40;

    /// <summary>The rule that is broken, with its categories, e.g. "moderation:sexual,violence"; null when nothing is flagged.</summary>
    /// <exception cref="ModerationException">It is no such answer.</exception>
    public static string? RuleOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            // All of them: whoever splits the input answers with a result for each part.
            JsonElement[] results = [.. document.RootElement.GetProperty("results").EnumerateArray()];
            if (results.Length == 0)
            {
                throw new ModerationException("its answer has no result");
            }
            // Not lazily: a result that is none makes the whole answer worthless.
            JsonElement[] flagged = [.. results.Where(result => result.GetProperty("flagged").GetBoolean())];
            return flagged.Length == 0 ? null : RulePrefix + Categories(flagged);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModerationException("its answer is not of the form that moderation services have", exception);
        }
    }

    private static string Categories(JsonElement[] flagged)
    {
        var names = flagged.Where(result => result.TryGetProperty("categories", out var categories) && categories.ValueKind == JsonValueKind.Object)
            .SelectMany(result => result.GetProperty("categories").EnumerateObject())
            .Where(category => category.Value.ValueKind == JsonValueKind.True)
            .Select(category => Cut(category.Name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MostCategories).ToArray();
        return names.Length == 0 ? "flagged" : string.Join(',', names);
    }

    // They come from outside and go into records and logs.
    private static string Cut(string name) => new([.. name.Take(MostCharacters).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/' ? c : '_')]);
}
