using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>NIM's two error shapes: {"detail":"..."}, and for 422 {"detail":[{"type","loc","msg","input"}]}. An unknown path gets plain text.</summary>
internal static class NimErrors
{
    public static Task WriteAsync(HttpContext context, DialectError error) => error.Kind switch
    {
        DialectErrorKind.UnknownRoute => WriteTextAsync(context, error.Status, "404 page not found"),
        DialectErrorKind.InvalidFields => WriteAsync(context, error.Status, json => PydanticFaults.Write(json, error.Fields)),
        DialectErrorKind.InvalidRequest => WriteAsync(context, error.Status,
            json => PydanticFaults.Write(json, [FieldFault.Because(FieldPath.Body, error.Detail, null)])),
        DialectErrorKind.InvalidBody => WriteAsync(context, error.Status, json => PydanticFaults.WriteInvalidJson(json, error)),
        _ => WriteAsync(context, error.Status, json => json.WriteStringValue(error.Detail)),
    };

    private static Task WriteTextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> detail) => JsonAnswer.WriteAsync(context, status, json =>
    {
        json.WritePropertyName("detail");
        detail(json);
    });
}
