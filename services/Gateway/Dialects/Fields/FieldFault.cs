using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>What a field is expected to be.</summary>
public enum FieldType
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An object.</summary>
    Object,

    /// <summary>A list.</summary>
    List,

    /// <summary>A picture: a file, or a text that names or holds one.</summary>
    Picture,
}

/// <summary>What is wrong with a field.</summary>
public enum FieldFaultKind
{
    /// <summary>Required and not there, or null.</summary>
    Missing,

    /// <summary>Not a <see cref="FieldFault.Expected"/>.</summary>
    WrongType,

    /// <summary>A text that cannot be read as the <see cref="FieldFault.Expected"/>.</summary>
    NotParsable,

    /// <summary>A number that is not whole.</summary>
    Fraction,

    /// <summary>A number that is infinite, or too large for any.</summary>
    NotFinite,

    /// <summary>A text shorter than <see cref="FieldFault.Bound"/> characters.</summary>
    TooShort,

    /// <summary>A text longer than <see cref="FieldFault.Bound"/> characters.</summary>
    TooLong,

    /// <summary>Less than <see cref="FieldFault.Bound"/>.</summary>
    TooSmall,

    /// <summary>More than <see cref="FieldFault.Bound"/>.</summary>
    TooLarge,

    /// <summary>Not below <see cref="FieldFault.Bound"/>.</summary>
    NotBelow,

    /// <summary>A list of more than <see cref="FieldFault.Bound"/> items.</summary>
    TooMany,

    /// <summary>None of <see cref="FieldFault.Words"/>.</summary>
    NotAmong,

    /// <summary>The dialect does not know it, and is strict.</summary>
    Unknown,

    /// <summary>Refused for a <see cref="FieldFault.Reason"/> of its own.</summary>
    Refused,
}

/// <summary>One thing wrong with one field of a body, in no vendor's words.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Path">Where.</param>
/// <param name="Sent">What was sent; null when there is nothing to show.</param>
public sealed record FieldFault(FieldFaultKind Kind, FieldPath Path, JsonElement? Sent)
{
    /// <summary>What was sent, usable when the body is gone; of a value of more than 2,048 characters the beginning, as a string.</summary>
    public JsonElement? Sent { get; } = Sent is { } sent ? Echo.Bounded(sent) : null;

    /// <summary>For WrongType and NotParsable.</summary>
    public FieldType? Expected { get; init; }

    /// <summary>For the kinds with a bound; a long or a double.</summary>
    public IFormattable? Bound { get; init; }

    /// <summary>For NotAmong.</summary>
    public IReadOnlyCollection<string> Words { get; init; } = [];

    /// <summary>For Refused: a sentence for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Required and not there.</summary>
    public static FieldFault Missing(FieldPath path, JsonElement? around) => new(FieldFaultKind.Missing, path, around);

    /// <summary>Of another type.</summary>
    public static FieldFault WrongType(FieldPath path, FieldType expected, JsonElement? sent) =>
        new(FieldFaultKind.WrongType, path, sent) { Expected = expected };

    /// <summary>Outside of a bound.</summary>
    public static FieldFault OutOf(FieldFaultKind kind, FieldPath path, IFormattable bound, JsonElement? sent) => new(kind, path, sent) { Bound = bound };

    /// <summary>None of a few words.</summary>
    public static FieldFault NotAmong(FieldPath path, IReadOnlyCollection<string> words, JsonElement? sent) =>
        new(FieldFaultKind.NotAmong, path, sent) { Words = words };

    /// <summary>Refused for a reason.</summary>
    public static FieldFault Because(FieldPath path, string reason, JsonElement? sent) => new(FieldFaultKind.Refused, path, sent) { Reason = reason };

    /// <summary>A sentence for people, e.g. "steps must be at most 50".</summary>
    public override string ToString() => FieldFaultWords.Describe(this);
}
