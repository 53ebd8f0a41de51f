using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace QwenMesh.Gateway.Dialects;

/// <summary>The Gateway's own error shape (RFC 9457), for paths that belong to no dialect and for dialects without one.</summary>
internal static class GatewayErrors
{
    public const string ContentType = "application/problem+json";

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext context, DialectError error)
    {
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = ContentType;
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Compact))
        {
            json.WriteStartObject();
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(error.Status));
            json.WriteNumber("status", error.Status);
            json.WriteString("detail", error.Detail);
            if (error.Fields.Count > 0)
            {
                json.WriteStartArray("errors");
                foreach (var fault in error.Fields)
                {
                    json.WriteStartObject();
                    json.WriteString("field", fault.Path.ToString());
                    json.WriteString("detail", fault.ToString());
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
