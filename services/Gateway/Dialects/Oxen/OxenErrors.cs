using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>
/// {"error":{"type","title","detail"},"status":"error","status_message":type}; of an unknown model {"error":{"message"}}. What the request is at fault for is
/// 400. Types that the vendor does not document are in its manner.
/// </summary>
internal static class OxenErrors
{
    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var status = error.Status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : error.Status;
        if (error.Kind == DialectErrorKind.UnknownModel)
        {
            return JsonAnswer.WriteAsync(context, status, json =>
            {
                json.WriteStartObject("error");
                json.WriteString("message", error.Detail);
                json.WriteEndObject();
            });
        }
        var (type, title) = Words(error.Kind);
        return JsonAnswer.WriteAsync(context, status, json =>
        {
            json.WriteStartObject("error");
            json.WriteString("type", type);
            json.WriteString("title", title);
            if (error.Kind is not (DialectErrorKind.UnknownRoute or DialectErrorKind.NotFound))
            {
                json.WriteString("detail", Detail(error));
            }
            json.WriteEndObject();
            json.WriteString("status", "error");
            json.WriteString("status_message", type);
        });
    }

    private static string Detail(DialectError error) =>
        error.Fields.Count == 0 ? error.Detail : string.Join("; ", error.Fields.Select(Describe).Distinct(StringComparer.Ordinal));

    // The vendor documents the words of this one.
    private static string Describe(FieldFault fault) => fault is { Kind: not FieldFaultKind.Refused } && fault.Path.ToString() == "num_generations"
        ? $"num_generations must be an integer between 1 and {OxenRequest.MaxGenerations}"
        : fault.ToString();

    private static (string Type, string Title) Words(DialectErrorKind kind) => kind switch
    {
        DialectErrorKind.UnknownRoute or DialectErrorKind.NotFound => ("resource_not_found", "The requested resource could not be found"),
        DialectErrorKind.WrongMethod => ("method_not_allowed", "Method not allowed"),
        DialectErrorKind.Unauthenticated => ("unauthenticated", "Authentication is required"),
        DialectErrorKind.Forbidden => ("forbidden", "The API key does not allow it"),
        DialectErrorKind.UnsupportedMediaType => (":unsupported_media_type", "Unsupported media type"),
        DialectErrorKind.BodyTooLarge => ("payload_too_large", "The request is too large"),
        DialectErrorKind.BodyTimeout => ("request_timeout", "The request did not arrive in time"),
        DialectErrorKind.Cancelled => ("cancelled", "The generation was cancelled"),
        DialectErrorKind.Overloaded or DialectErrorKind.RateLimited => ("rate_limited", "Too many requests"),
        DialectErrorKind.Unavailable => ("service_unavailable", "The service is not available"),
        DialectErrorKind.DeadlineExceeded => ("timeout", "The generation was not finished in time"),
        DialectErrorKind.Internal => ("unknown_error", "An unknown error occurred"),
        _ => ("invalid_params", "Invalid parameters"),
    };
}
