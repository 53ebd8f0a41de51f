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
        var logger = context.RequestServices.GetRequiredService<ILogger<GatewayOptions>>();
        using (logger.BeginScope(new Dictionary<string, object> { ["RequestId"] = id }))
        {
            await next(context);
        }
    });

    private static string? Usable(string id) =>
        id.Length is > 0 and <= MaxLength && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':')
            ? id
            : null;
}
