using System.Diagnostics;

namespace QwenMesh.Gateway;

/// <summary>x-request-id: the client's own when it sends a usable one, else the trace id. In the response and in every log line of the request.</summary>
internal static class RequestIdentity
{
    public const string Header = "x-request-id";

    private const int MaxLength = 128;

    public static void UseRequestIdentity(this WebApplication app) => app.Use(async (context, next) =>
    {
        var id = Usable(context.Request.Headers[Header].ToString())
            ?? Activity.Current?.TraceId.ToHexString()
            ?? context.TraceIdentifier;
        context.Response.Headers[Header] = id;
        using (Scope(app.Logger, id))
        {
            await next(context);
        }
    });

    // Named as in the header: "RequestId" is the server's own number of the request.
    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("x-request-id {XRequestId}");

    private static string? Usable(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':')
            ? id
            : null;
}
