using System.Globalization;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Json;

/// <summary>
/// Takes typed fields from a JSON object and notes everything that is wrong with them. Null counts as absent. As in pydantic's lax mode,
/// numbers may come as numeric strings and whole numbers as 20.0; booleans are not numbers.
/// </summary>
internal sealed class JsonFields(JsonElement body)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public List<FieldFault> Faults { get; } = [];

    /// <summary>Names in the body that were not taken.</summary>
    public IEnumerable<string> Unknown => body.EnumerateObject().Select(property => property.Name).Where(name => !_known.Contains(name)).Distinct();

    /// <summary>The field as it came; null when absent.</summary>
    public JsonElement? Raw(string name)
    {
        _known.Add(name);
        return body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? RequiredText(string name, int maxLength)
    {
        if (Raw(name) is null)
        {
            Faults.Add(new FieldFault("missing", name, "Field required", body));
            return null;
        }
        return Text(name, maxLength);
    }

    public string? Text(string name, int maxLength)
    {
        if (Raw(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind != JsonValueKind.String)
        {
            Faults.Add(new FieldFault("string_type", name, "Input should be a valid string", value));
            return null;
        }
        var text = value.GetString()!;
        // Characters are code points, as the vendors' servers count them.
        if (text.Length > maxLength && text.EnumerateRunes().Count() > maxLength)
        {
            Faults.Add(new FieldFault("string_too_long", name, $"String should have at most {maxLength} characters", value, ("max_length", maxLength)));
            return null;
        }
        return text;
    }

    /// <summary>One of a few words, in any case.</summary>
    public string? Choice(string name, IReadOnlyList<string> choices)
    {
        if (Raw(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.String
            && choices.FirstOrDefault(choice => choice.Equals(value.GetString(), StringComparison.OrdinalIgnoreCase)) is { } chosen)
        {
            return chosen;
        }
        Faults.Add(FieldFault.NotAmong(name, choices, value));
        return null;
    }

    public bool? Flag(string name)
    {
        if (Raw(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }
        Faults.Add(new FieldFault("bool_type", name, "Input should be a valid boolean", value));
        return null;
    }

    public long? Integer(string name, long atLeast, long atMost) =>
        Integer(name) is { } number && InRange(name, number, atLeast, atMost) ? number : null;

    public long? IntegerBelow(string name, long atLeast, long below)
    {
        if (Integer(name) is not { } number)
        {
            return null;
        }
        if (number < below)
        {
            return InRange(name, number, atLeast, below) ? number : null;
        }
        Faults.Add(Bound(name, "less_than", "less than", "lt", below));
        return null;
    }

    private long? Integer(string name)
    {
        if (Raw(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
        {
            Faults.Add(new FieldFault("int_type", name, "Input should be a valid integer", value));
            return null;
        }
        var isText = value.ValueKind == JsonValueKind.String;
        var text = isText ? value.GetString()!.Trim() : value.GetRawText();
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            if (!TryParseFinite(text, out var real))
            {
                Faults.Add(isText
                    ? new FieldFault("int_parsing", name, "Input should be a valid integer, unable to parse string as an integer", value)
                    : new FieldFault("finite_number", name, "Input should be a finite number", value));
                return null;
            }
            if (real != Math.Floor(real))
            {
                Faults.Add(new FieldFault("int_from_float", name, "Input should be a valid integer, got a number with a fractional part", value));
                return null;
            }
            number = (long)Math.Clamp(real, -1e18, 1e18); // Outside of every field's range.
        }
        return number;
    }

    public double? Number(string name, double atLeast, double atMost)
    {
        if (Raw(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
        {
            Faults.Add(new FieldFault("float_type", name, "Input should be a valid number", value));
            return null;
        }
        var isText = value.ValueKind == JsonValueKind.String;
        if (!TryParseFinite(isText ? value.GetString()!.Trim() : value.GetRawText(), out var number))
        {
            Faults.Add(isText
                ? new FieldFault("float_parsing", name, "Input should be a valid number, unable to parse string as a number", value)
                : new FieldFault("finite_number", name, "Input should be a finite number", value));
            return null;
        }
        return InRange(name, number, atLeast, atMost) ? number : null;
    }

    private bool InRange<T>(string name, T number, T atLeast, T atMost)
        where T : IComparable<T>, IFormattable
    {
        if (number.CompareTo(atLeast) < 0)
        {
            Faults.Add(Bound(name, "greater_than_equal", "greater than or equal to", "ge", atLeast));
            return false;
        }
        if (number.CompareTo(atMost) > 0)
        {
            Faults.Add(Bound(name, "less_than_equal", "less than or equal to", "le", atMost));
            return false;
        }
        return true;
    }

    private FieldFault Bound<T>(string name, string type, string words, string rule, T bound)
        where T : IFormattable => new(
            type, name, string.Create(CultureInfo.InvariantCulture, $"Input should be {words} {bound}"), body.GetProperty(name), (rule, bound));

    private static bool TryParseFinite(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
