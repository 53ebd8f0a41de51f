using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Json;

/// <summary>One thing wrong with a JSON body, in the terms of the validation that most of the vendors' own servers run (pydantic).</summary>
/// <param name="Type">Kind of fault, e.g. "missing", "int_parsing", "less_than_equal".</param>
/// <param name="Field">The field; null for the body as a whole.</param>
/// <param name="Message">For people.</param>
/// <param name="Input">What was sent; null when there is nothing to show.</param>
/// <param name="Rule">The bound or choice that was broken, by name, e.g. ("le", 100).</param>
internal sealed record FieldFault(string Type, string? Field, string Message, JsonElement? Input, (string Name, object Value)? Rule = null)
{
    /// <summary>A fault found by a rule of ours, with its reason.</summary>
    public static FieldFault Because(string? field, string reason, JsonElement? input) =>
        new("value_error", field, $"Value error, {reason}", input, ("error", reason));

    /// <summary>The value is none of a few words.</summary>
    public static FieldFault NotAmong(string field, IReadOnlyCollection<string> words, JsonElement? input)
    {
        var quoted = words.Select(word => $"'{word}'").ToArray();
        var expected = quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
        return new FieldFault("literal_error", field, $"Input should be {expected}", input, ("expected", expected));
    }
}
