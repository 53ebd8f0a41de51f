using System.Text.Json;
using QwenMesh.Gateway.Dialects.Bodies;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>
/// Takes typed fields from a body's object and notes everything that is wrong with them. Null counts as absent. As in pydantic's lax mode, numbers may
/// come as numeric strings and whole numbers as 20.0; booleans are not numbers. Of a form, booleans are texts too, and where one value is asked
/// for the last of several counts.
/// </summary>
public sealed partial class BodyFields
{
    /// <summary>Of faults of one kind that are told: a body may have tens of thousands.</summary>
    internal const int MostAlike = 32;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly JsonElement _body;
    private readonly IReadOnlyList<FormPart> _parts;
    private readonly FieldPath _at;
    private readonly List<FieldFault> _faults;

    internal BodyFields(JsonElement body, IReadOnlyList<FormPart>? parts = null)
        : this(body, parts ?? [], FieldPath.Body, [])
    {
    }

    private BodyFields(JsonElement body, IReadOnlyList<FormPart> parts, FieldPath at, List<FieldFault> faults)
    {
        (_body, _parts, _at, _faults) = (body, parts, at, faults);
    }

    /// <summary>What is wrong so far, with this object and those in it.</summary>
    public IReadOnlyList<FieldFault> Faults => _faults;

    /// <summary>Names in the body that were not asked for.</summary>
    public IEnumerable<string> Unknown => _body.EnumerateObject().Select(property => property.Name)
        .Concat(_parts.Select(part => part.Name)).Where(name => !_known.Contains(name)).Distinct(StringComparer.Ordinal);

    /// <summary>The same with where they are, e.g. "parameters.style".</summary>
    internal IEnumerable<string> UnknownPaths => Unknown.Select(name => _at.At(name).ToString());

    /// <summary>The field as it came; null when absent. From now on it is known.</summary>
    public JsonElement? Raw(string name)
    {
        _known.Add(name);
        return _body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>Notes that a field must be there and is not.</summary>
    public void Missing(string name)
    {
        _faults.Add(FieldFault.Missing(_at.At(name), _body));
    }

    /// <summary>A string that must be there.</summary>
    /// <param name="name">The field.</param>
    /// <param name="maxLength">Characters (code points), as the vendors' servers count them.</param>
    /// <param name="minLength">1 refuses an empty string; one of blanks is as good as any other.</param>
    /// <returns>The string; empty when it is at fault.</returns>
    public string RequiredText(string name, int maxLength, int minLength = 0)
    {
        if (Raw(name) is null)
        {
            _faults.Add(FieldFault.Missing(_at.At(name), _body));
            return "";
        }
        return Text(name, maxLength, minLength) ?? "";
    }

    /// <summary>A string; null when it is absent or at fault.</summary>
    public string? Text(string name, int maxLength, int minLength = 0)
    {
        if (Scalar(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind != JsonValueKind.String)
        {
            return Fault<string>(FieldFault.WrongType(_at.At(name), FieldType.Text, value));
        }
        var text = value.GetString()!;
        if (text.Length > maxLength && text.EnumerateRunes().Count() > maxLength)
        {
            return Fault<string>(FieldFault.OutOf(FieldFaultKind.TooLong, _at.At(name), maxLength, value));
        }
        return text.Length < minLength ? Fault<string>(FieldFault.OutOf(FieldFaultKind.TooShort, _at.At(name), minLength, value)) : text;
    }

    /// <summary>One of a few words, in any case; null when it is absent or at fault.</summary>
    public string? Choice(string name, params IReadOnlyCollection<string> choices)
    {
        if (Scalar(name) is not { } value)
        {
            return null;
        }
        return value.ValueKind == JsonValueKind.String
            && choices.FirstOrDefault(choice => choice.Equals(value.GetString(), StringComparison.OrdinalIgnoreCase)) is { } chosen
            ? chosen
            : Fault<string>(FieldFault.NotAmong(_at.At(name), choices, value));
    }

    /// <summary>True or false; null when it is absent or at fault.</summary>
    public bool? Flag(string name)
    {
        if (Scalar(name) is not { } value)
        {
            return null;
        }
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }
        if (IsForm && value.ValueKind == JsonValueKind.String && bool.TryParse(value.GetString(), out var flag))
        {
            return flag;
        }
        _faults.Add(FieldFault.WrongType(_at.At(name), FieldType.Boolean, value));
        return null;
    }

    /// <summary>Notes a fault of the dialect's own rules.</summary>
    public void Refuse(string name, string reason)
    {
        _faults.Add(FieldFault.Because(_at.At(name), reason, Raw(name)));
    }

    /// <summary>Ends the request when anything is wrong; a strict Gateway counts unknown fields as wrong.</summary>
    /// <exception cref="DialectException">Something is.</exception>
    public void ThrowIfFaulty(bool strict)
    {
        if (strict)
        {
            _faults.AddRange(Unknown.Take(MostAlike).Select(name => new FieldFault(FieldFaultKind.Unknown, _at.At(Echo.Cut(name)), Sent(name))));
        }
        if (_faults.Count > 0)
        {
            throw new DialectException(DialectError.Of([.. _faults]));
        }
    }

    /// <summary>The field as it came, for an error; null when absent.</summary>
    public JsonElement? Sent(string name) => _body.TryGetProperty(name, out var value) ? value : null;

    private bool IsForm => _parts.Count > 0;

    private JsonElement? Scalar(string name) =>
        Raw(name) is { } value && IsForm && value.ValueKind == JsonValueKind.Array ? value[value.GetArrayLength() - 1] : Raw(name);

    private T? Fault<T>(FieldFault fault)
        where T : class
    {
        _faults.Add(fault);
        return null;
    }
}
