using Microsoft.AspNetCore.WebUtilities;

namespace QwenMesh.Gateway.Dialects.Replicate;

/// <summary>RFC 7807, with the vendor's list of fields: {"type","title","status","detail","instance","invalid_fields":[{"field","description"}]}</summary>
internal static class ReplicateErrors
{
    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var status = error.Kind == DialectErrorKind.ContentFiltered ? StatusCodes.Status422UnprocessableEntity : error.Status;
        return JsonAnswer.WriteAsync(context, status, json =>
        {
            json.WriteString("type", "about:blank");
            json.WriteString("title", Title(error, status));
            json.WriteNumber("status", status);
            json.WriteString("detail", error.Detail);
            json.WriteString("instance", Echo.Cut(context.Request.Path, Echo.MostOfValue));
            if (error.Fields.Count == 0)
            {
                return;
            }
            json.WriteStartArray("invalid_fields");
            foreach (var fault in error.Fields)
            {
                json.WriteStartObject();
                json.WriteString("field", fault.Path.ToString());
                json.WriteString("description", fault.ToString());
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }, GatewayErrors.ContentType);
    }

    private static string Title(DialectError error, int status) => error.Kind switch
    {
        DialectErrorKind.InvalidFields => "Input validation failed",
        DialectErrorKind.ContentFiltered => "Input refused by the rules of this service",
        DialectErrorKind.Unauthenticated => "Unauthenticated",
        _ => ReasonPhrases.GetReasonPhrase(status),
    };
}
