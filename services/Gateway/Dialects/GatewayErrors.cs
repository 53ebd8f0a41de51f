using Microsoft.AspNetCore.WebUtilities;

namespace QwenMesh.Gateway.Dialects;

/// <summary>The Gateway's own error shape (RFC 9457), for paths that belong to no dialect and for dialects without one.</summary>
internal static class GatewayErrors
{
    public const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, DialectError error) => JsonAnswer.WriteAsync(context, error.Status, json =>
    {
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(error.Status));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", error.Detail);
        if (error.Fields.Count == 0)
        {
            return;
        }
        json.WriteStartArray("errors");
        foreach (var fault in error.Fields)
        {
            json.WriteStartObject();
            json.WriteString("field", fault.Path.ToString());
            json.WriteString("detail", fault.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }, ContentType);
}
