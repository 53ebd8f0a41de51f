using System.Globalization;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>Plain sentences for faults, for the vendors that document none of their own.</summary>
internal static class FieldFaultWords
{
    public static string Describe(FieldFault fault)
    {
        var field = fault.Path.Segments.Count == 0 ? "the request body" : fault.Path.ToString();
        var bound = fault.Bound?.ToString(null, CultureInfo.InvariantCulture);
        return fault.Kind switch
        {
            FieldFaultKind.Missing => $"{field} is required",
            FieldFaultKind.WrongType or FieldFaultKind.NotParsable => $"{field} must be {Noun(fault.Expected)}",
            FieldFaultKind.Fraction => $"{field} must be a whole number",
            FieldFaultKind.NotFinite => $"{field} must be a finite number",
            FieldFaultKind.TooShort => bound == "1" ? $"{field} must not be empty" : $"{field} must have at least {bound} characters",
            FieldFaultKind.TooLong => $"{field} must have at most {bound} characters",
            FieldFaultKind.TooSmall => $"{field} must be at least {bound}",
            FieldFaultKind.TooLarge => $"{field} must be at most {bound}",
            FieldFaultKind.NotBelow => $"{field} must be below {bound}",
            FieldFaultKind.TooMany => $"{field} must have at most {bound} items",
            FieldFaultKind.NotAmong => $"{field} must be {Either(fault.Words)}",
            FieldFaultKind.Unknown => $"{field} is not known",
            _ => fault.Path.Segments.Count == 0 ? fault.Reason! : $"{field}: {fault.Reason}",
        };
    }

    /// <summary>'a', 'b' or 'c'.</summary>
    public static string Either(IReadOnlyCollection<string> words)
    {
        var quoted = words.Select(word => $"'{word}'").ToArray();
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }

    private static string Noun(FieldType? type) => type switch
    {
        FieldType.Integer => "a whole number",
        FieldType.Number => "a number",
        FieldType.Boolean => "true or false",
        FieldType.Object => "an object",
        FieldType.List => "a list",
        FieldType.Picture => "a picture: a file, a URL, a data URI or base64",
        _ => "a string",
    };
}
