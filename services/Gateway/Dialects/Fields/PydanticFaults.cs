using System.Globalization;
using System.Text.Json;

namespace QwenMesh.Gateway.Dialects.Fields;

/// <summary>Faults of fields in pydantic's words: servers of several vendors check with it, and clients look at "type", "loc" and "msg".</summary>
internal static class PydanticFaults
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<FieldFault> faults)
    {
        json.WriteStartArray();
        foreach (var fault in faults)
        {
            Write(json, fault);
        }
        json.WriteEndArray();
    }

    public static void WriteInvalidJson(Utf8JsonWriter json, DialectError error)
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("type", "json_invalid");
        json.WriteStartArray("loc");
        json.WriteStringValue("body");
        json.WriteNumberValue(error.Position);
        json.WriteEndArray();
        json.WriteString("msg", "JSON decode error");
        json.WriteStartObject("input");
        json.WriteEndObject();
        json.WriteStartObject("ctx");
        json.WriteString("error", error.Detail);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, FieldFault fault)
    {
        var (type, message, rule) = Words(fault);
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteStartArray("loc");
        json.WriteStringValue("body");
        foreach (var segment in fault.Path.Segments)
        {
            if (segment is int position)
            {
                json.WriteNumberValue(position);
            }
            else
            {
                json.WriteStringValue((string)segment);
            }
        }
        json.WriteEndArray();
        json.WriteString("msg", message);
        json.WritePropertyName("input");
        if (fault.Sent is { } sent)
        {
            sent.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
        if (rule is { } broken)
        {
            json.WriteStartObject("ctx");
            json.WritePropertyName(broken.Name);
            JsonSerializer.Serialize(json, broken.Value, broken.Value.GetType());
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static (string Type, string Message, (string Name, object Value)? Rule) Words(FieldFault fault)
    {
        var bound = fault.Bound?.ToString(null, CultureInfo.InvariantCulture);
        return fault.Kind switch
        {
            FieldFaultKind.Missing => ("missing", "Field required", null),
            FieldFaultKind.WrongType => WrongType(fault.Expected),
            FieldFaultKind.NotParsable when fault.Expected == FieldType.Integer =>
                ("int_parsing", "Input should be a valid integer, unable to parse string as an integer", null),
            FieldFaultKind.NotParsable => ("float_parsing", "Input should be a valid number, unable to parse string as a number", null),
            FieldFaultKind.Fraction => ("int_from_float", "Input should be a valid integer, got a number with a fractional part", null),
            FieldFaultKind.NotFinite => ("finite_number", "Input should be a finite number", null),
            FieldFaultKind.TooShort => ("string_too_short", $"String should have at least {Counted(bound)}", ("min_length", fault.Bound!)),
            FieldFaultKind.TooLong => ("string_too_long", $"String should have at most {Counted(bound)}", ("max_length", fault.Bound!)),
            FieldFaultKind.TooSmall => ("greater_than_equal", $"Input should be greater than or equal to {bound}", ("ge", fault.Bound!)),
            FieldFaultKind.TooLarge => ("less_than_equal", $"Input should be less than or equal to {bound}", ("le", fault.Bound!)),
            FieldFaultKind.NotBelow => ("less_than", $"Input should be less than {bound}", ("lt", fault.Bound!)),
            FieldFaultKind.TooMany => ("too_long", $"List should have at most {bound} items after validation", ("max_length", fault.Bound!)),
            FieldFaultKind.NotAmong => ("literal_error", $"Input should be {FieldFaultWords.Either(fault.Words)}", ("expected", FieldFaultWords.Either(fault.Words))),
            FieldFaultKind.Unknown => ("extra_forbidden", "Extra inputs are not permitted", null),
            _ => ("value_error", $"Value error, {fault.Reason}", ("error", fault.Reason!)),
        };
    }

    private static string Counted(string? characters) => characters == "1" ? "1 character" : $"{characters} characters";

    private static (string Type, string Message, (string Name, object Value)? Rule) WrongType(FieldType? expected) => expected switch
    {
        FieldType.Integer => ("int_type", "Input should be a valid integer", null),
        FieldType.Number => ("float_type", "Input should be a valid number", null),
        FieldType.Boolean => ("bool_type", "Input should be a valid boolean", null),
        FieldType.List => ("list_type", "Input should be a valid list", null),
        FieldType.Object => ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", null),
        _ => ("string_type", "Input should be a valid string", null),
    };
}
