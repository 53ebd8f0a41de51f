using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>{"detail":"..."}, and for what a request is at fault for 422 {"detail":[{"loc","msg","type"}]}.</summary>
internal static class FalErrors
{
    // Nginx's word for a client that has left, and the vendor's for a request that was cancelled.
    private const int ClientClosed = 499;

    private const string Content = "content_policy_violation";

    public static Task WriteAsync(HttpContext context, DialectError error) => JsonAnswer.WriteAsync(context, Status(error), json => WriteDetail(json, error));

    /// <summary>Of the answer to a request that has failed.</summary>
    public static int Status(DialectError error) => error.Kind switch
    {
        DialectErrorKind.ContentFiltered => StatusCodes.Status422UnprocessableEntity,
        DialectErrorKind.Cancelled => ClientClosed,
        _ => error.Status,
    };

    /// <summary>The members of the body.</summary>
    public static void WriteDetail(Utf8JsonWriter json, DialectError error)
    {
        json.WritePropertyName("detail");
        switch (error.Kind)
        {
            case DialectErrorKind.InvalidFields:
                PydanticFaults.Write(json, error.Fields);
                break;
            case DialectErrorKind.InvalidRequest:
                PydanticFaults.Write(json, [FieldFault.Because(FieldPath.Body, error.Detail, null)]);
                break;
            case DialectErrorKind.InvalidBody:
                PydanticFaults.WriteInvalidJson(json, error);
                break;
            case DialectErrorKind.ContentFiltered:
                WriteFiltered(json, error.Detail);
                break;
            default:
                json.WriteStringValue(error.Detail);
                break;
        }
    }

    private static void WriteFiltered(Utf8JsonWriter json, string detail)
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteStartArray("loc");
        json.WriteStringValue("body");
        json.WriteStringValue("prompt");
        json.WriteEndArray();
        json.WriteString("msg", detail);
        json.WriteString("type", Content);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
