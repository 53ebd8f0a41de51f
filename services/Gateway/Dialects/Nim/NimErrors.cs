using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using QwenMesh.Gateway.Dialects.Json;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NIM's two error shapes: {"detail":"..."}, and for 422 {"detail":[{"type","loc","msg","input"}]}.</summary>
internal static class NimErrors
{
    // The input is returned in the error, up to this length.
    private const int MaxEcho = 2048;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, GenerationFault fault, int retryAfterSeconds)
    {
        if (fault.IsTransient)
        {
            context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
        return fault.HttpStatus == StatusCodes.Status422UnprocessableEntity
            ? WriteAsync(context, [FieldFault.Because(null, fault.Detail, null)])
            : WriteAsync(context, fault.HttpStatus, fault.Detail);
    }

    public static Task WriteAsync(HttpContext context, JsonBodyException exception) =>
        exception.Status != StatusCodes.Status422UnprocessableEntity
            ? WriteAsync(context, exception.Status, exception.Message)
            : WriteAsync(context, StatusCodes.Status422UnprocessableEntity, json =>
            {
                json.WriteStartArray();
                json.WriteStartObject();
                json.WriteString("type", "json_invalid");
                json.WriteStartArray("loc");
                json.WriteStringValue("body");
                json.WriteNumberValue(exception.Position);
                json.WriteEndArray();
                json.WriteString("msg", "JSON decode error");
                json.WriteStartObject("input");
                json.WriteEndObject();
                json.WriteStartObject("ctx");
                json.WriteString("error", exception.Message);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
            });

    public static Task WriteAsync(HttpContext context, int status, string detail) =>
        WriteAsync(context, status, json => json.WriteStringValue(detail));

    public static Task WriteAsync(HttpContext context, IReadOnlyList<FieldFault> faults) =>
        WriteAsync(context, StatusCodes.Status422UnprocessableEntity, json =>
        {
            json.WriteStartArray();
            foreach (var fault in faults)
            {
                Write(json, fault);
            }
            json.WriteEndArray();
        });

    private static void Write(Utf8JsonWriter json, FieldFault fault)
    {
        json.WriteStartObject();
        json.WriteString("type", fault.Type);
        json.WriteStartArray("loc");
        json.WriteStringValue("body");
        if (fault.Field is not null)
        {
            json.WriteStringValue(fault.Field);
        }
        json.WriteEndArray();
        json.WriteString("msg", fault.Message);
        json.WritePropertyName("input");
        Echo(json, fault.Input);
        if (fault.Rule is { } rule)
        {
            json.WriteStartObject("ctx");
            json.WritePropertyName(rule.Name);
            JsonSerializer.Serialize(json, rule.Value, rule.Value.GetType());
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Echo(Utf8JsonWriter json, JsonElement? input)
    {
        if (input is not { } element)
        {
            json.WriteNullValue();
            return;
        }
        var text = element.GetRawText();
        if (text.Length <= MaxEcho)
        {
            element.WriteTo(json);
        }
        else
        {
            json.WriteStringValue(string.Concat(text.AsSpan(0, MaxEcho), " ..."));
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Compact))
        {
            json.WriteStartObject();
            json.WritePropertyName("detail");
            detail(json);
            json.WriteEndObject();
        }
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
