using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>{"request_id":"...","code":"InvalidParameter","message":"..."}. What the request is at fault for is 400.</summary>
internal static class DashScopeErrors
{
    public const string Inspection = "DataInspectionFailed";

    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var status = error.Kind switch
        {
            DialectErrorKind.InvalidBody or DialectErrorKind.InvalidFields or DialectErrorKind.InvalidRequest => StatusCodes.Status400BadRequest,
            _ => error.Status,
        };
        return WriteAsync(context, status, Code(error), error.Detail);
    }

    public static Task WriteAsync(HttpContext context, int status, string code, string message) => JsonAnswer.WriteAsync(context, status, json =>
    {
        WriteRequestId(json, context);
        json.WriteString("code", code);
        json.WriteString("message", message);
    });

    public static void WriteRequestId(Utf8JsonWriter json, HttpContext context) =>
        json.WriteString("request_id", context.Response.Headers[RequestIdentity.Header].ToString());

    /// <summary>The vendor's word for what went wrong.</summary>
    public static string Code(DialectError error) => error.Kind switch
    {
        DialectErrorKind.InvalidFields => Code(error.Fields[0]),
        DialectErrorKind.ContentFiltered => Inspection,
        DialectErrorKind.Unauthenticated => "InvalidApiKey",
        DialectErrorKind.Forbidden => "AccessDenied",
        DialectErrorKind.UnknownModel => "ModelNotFound",
        DialectErrorKind.UnknownRoute => "InvalidURL",
        DialectErrorKind.WrongMethod or DialectErrorKind.Cancelled => "UnsupportedOperation",
        DialectErrorKind.BodyTooLarge => "BadRequest.TooLarge",
        DialectErrorKind.RateLimited => "Throttling.RateQuota",
        DialectErrorKind.Overloaded => "Throttling",
        DialectErrorKind.Unavailable => "ModelServingError",
        DialectErrorKind.DeadlineExceeded => "InternalError.Timeout",
        DialectErrorKind.Internal => "InternalError",
        _ => "InvalidParameter",
    };

    private static string Code(FieldFault fault) => (fault.Kind, fault.Path.ToString()) switch
    {
        (FieldFaultKind.Missing, "input") => "BadRequest.EmptyInput",
        (FieldFaultKind.Missing, "model") => "BadRequest.EmptyModel",
        // Only what is wrong with an address is told together with it.
        (FieldFaultKind.Refused, _) when fault.Path.Segments is [.., "image"] && IsAddress(fault.Sent) => "InvalidURL",
        _ => "InvalidParameter",
    };

    private static bool IsAddress(JsonElement? sent) =>
        sent is { ValueKind: JsonValueKind.String } text && text.GetString()!.StartsWith("http", StringComparison.OrdinalIgnoreCase);
}
