using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.OpenAi;

/// <summary>
/// {"error":{"message","type","param","code"},"detail":"..."}: OpenAI's object, and beside it the text that clients of FastAPI servers look for. What
/// the request is at fault for is 400.
/// </summary>
internal static class OpenAiErrors
{
    public static Task WriteAsync(HttpContext context, DialectError error)
    {
        var message = error.Kind == DialectErrorKind.UnknownRoute ? $"Invalid URL ({context.Request.Method} {Echo.Cut(context.Request.Path)})" : error.Detail;
        return JsonAnswer.WriteAsync(context, Status(error), json =>
        {
            Write(json, error, message);
            json.WriteString("detail", message);
        });
    }

    /// <summary>The vendor's object alone, as an event of a stream has it.</summary>
    public static void Write(Utf8JsonWriter json, DialectError error, string message)
    {
        var (type, code) = Words(error, Status(error));
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", type);
        json.WriteString("param", Param(error));
        json.WriteString("code", code);
        json.WriteEndObject();
    }

    /// <summary>No picture may be shown.</summary>
    public static DialectException Withheld() => new(DialectErrorKind.ContentFiltered, "the picture is withheld by this service's rules");

    private static int Status(DialectError error) =>
        error.Status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest : error.Status;

    private static string? Param(DialectError error) => error.Kind == DialectErrorKind.UnknownModel ? "model"
        : error.Fields is [var first, ..] && first.Path.Segments.Count > 0 ? first.Path.ToString()
        : null;

    private static (string Type, string? Code) Words(DialectError error, int status) => error.Kind switch
    {
        DialectErrorKind.InvalidFields => ("invalid_request_error", Code(error.Fields[0].Kind)),
        DialectErrorKind.UnknownModel => ("invalid_request_error", "model_not_found"),
        DialectErrorKind.Unauthenticated => ("invalid_request_error", "invalid_api_key"),
        DialectErrorKind.Forbidden => ("permission_error", "permission_denied"),
        DialectErrorKind.Overloaded or DialectErrorKind.RateLimited => ("rate_limit_error", "rate_limit_exceeded"),
        DialectErrorKind.ContentFiltered => ("image_generation_user_error", "moderation_blocked"),
        _ when status >= StatusCodes.Status500InternalServerError => ("server_error", "server_error"),
        _ => ("invalid_request_error", null),
    };

    private static string Code(FieldFaultKind kind) => kind switch
    {
        FieldFaultKind.Missing => "missing_required_parameter",
        FieldFaultKind.Unknown => "unknown_parameter",
        FieldFaultKind.WrongType => "invalid_type",
        _ => "invalid_value",
    };
}
