using System.Globalization;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <content>Numbers.</content>
public sealed partial class BodyFields
{
    /// <summary>A whole number of a range, both ends included; null when it is absent or at fault.</summary>
    public long? Integer(string name, long atLeast, long atMost) =>
        Integer(name) is { } number && InRange(name, number, atLeast, atMost) ? number : null;

    /// <summary>A whole number of a range without its upper end; null when it is absent or at fault.</summary>
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
        _faults.Add(FieldFault.OutOf(FieldFaultKind.NotBelow, _at.At(name), below, Scalar(name)));
        return null;
    }

    /// <summary>A finite number of a range, both ends included; null when it is absent or at fault.</summary>
    public double? Number(string name, double atLeast, double atMost)
    {
        if (Digits(name, FieldType.Number) is not { } digits)
        {
            return null;
        }
        if (!TryParseFinite(digits.Text, out var number))
        {
            _faults.Add(NoNumber(name, FieldType.Number, digits.Value));
            return null;
        }
        return InRange(name, number, atLeast, atMost) ? number : null;
    }

    private long? Integer(string name)
    {
        if (Digits(name, FieldType.Integer) is not { } digits)
        {
            return null;
        }
        if (long.TryParse(digits.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }
        if (!TryParseFinite(digits.Text, out var real))
        {
            _faults.Add(NoNumber(name, FieldType.Integer, digits.Value));
            return null;
        }
        if (real != Math.Floor(real))
        {
            _faults.Add(new FieldFault(FieldFaultKind.Fraction, _at.At(name), digits.Value) { Expected = FieldType.Integer });
            return null;
        }
        return (long)Math.Clamp(real, -1e18, 1e18); // Outside of every field's range.
    }

    private (JsonElement Value, string Text)? Digits(string name, FieldType expected)
    {
        if (Scalar(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind is JsonValueKind.Number or JsonValueKind.String)
        {
            return (value, value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : value.GetRawText());
        }
        _faults.Add(FieldFault.WrongType(_at.At(name), expected, value));
        return null;
    }

    private FieldFault NoNumber(string name, FieldType expected, JsonElement value) =>
        new(value.ValueKind == JsonValueKind.String ? FieldFaultKind.NotParsable : FieldFaultKind.NotFinite, _at.At(name), value) { Expected = expected };

    private bool InRange<T>(string name, T number, T atLeast, T atMost)
        where T : IComparable<T>, IFormattable
    {
        if (number.CompareTo(atLeast) < 0)
        {
            _faults.Add(FieldFault.OutOf(FieldFaultKind.TooSmall, _at.At(name), atLeast, Scalar(name)));
            return false;
        }
        if (number.CompareTo(atMost) > 0)
        {
            _faults.Add(FieldFault.OutOf(FieldFaultKind.TooLarge, _at.At(name), atMost, Scalar(name)));
            return false;
        }
        return true;
    }

    private static bool TryParseFinite(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
