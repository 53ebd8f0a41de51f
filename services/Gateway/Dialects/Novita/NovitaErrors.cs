namespace QwenMesh.Gateway.Dialects.Novita;

/// <summary>{"code":400,"reason":"INVALID_REQUEST_BODY","message":"...","metadata":{}} with the HTTP status as code.</summary>
internal static class NovitaErrors
{
    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var status = error.Status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : error.Status;
        return JsonAnswer.WriteAsync(context, status, json =>
        {
            json.WriteNumber("code", status);
            json.WriteString("reason", Reason(error.Kind));
            json.WriteString("message", error.Detail);
            json.WriteStartObject("metadata");
            json.WriteEndObject();
        });
    }

    private static string Reason(DialectErrorKind kind) => kind switch
    {
        DialectErrorKind.Unauthenticated => "FAILED_TO_AUTH",
        DialectErrorKind.Forbidden => "ACCESS_DENY",
        DialectErrorKind.UnknownRoute or DialectErrorKind.UnknownModel => "MODEL_NOT_FOUND",
        DialectErrorKind.NotFound => "TASK_NOT_FOUND",
        DialectErrorKind.WrongMethod => "METHOD_NOT_ALLOWED",
        DialectErrorKind.ContentFiltered => "CONTENT_FILTERED",
        DialectErrorKind.Overloaded or DialectErrorKind.RateLimited => "RATE_LIMIT_EXCEEDED",
        DialectErrorKind.Unavailable or DialectErrorKind.DeadlineExceeded => "SERVICE_NOT_AVAILABLE",
        DialectErrorKind.Internal => "INTERNAL_ERROR",
        _ => "INVALID_REQUEST_BODY",
    };
}
