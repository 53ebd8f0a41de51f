using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.Gateway.Dialects;

/// <summary>The Gateway's first page, as text: commands that work when they are pasted.</summary>
internal static class FrontPage
{
    public static void MapFrontPage(this WebApplication app) =>
        app.MapGet("/", WriteAsync).WithAccess(RouteAccess.Open).Describe(new RouteDescription(GatewayDescription.Tag, "Lists the dialects, with calls to try")
        {
            Answers = [new RouteAnswer(StatusCodes.Status200OK, "text/plain", Schemas.Text())],
        });

    private static Task WriteAsync(HttpContext context)
    {
        var gateway = $"{context.Request.Scheme}://{Host(context)}";
        var text = new StringBuilder($"# QwenMesh Gateway {MeshTelemetry.Version}\n\n");
        if (context.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value.NeedsKey)
        {
            text.Append("# These calls need an API key: add -H \"Authorization: Bearer $QWENMESH_API_KEY\" to each curl\n\n");
        }
        foreach (var sample in context.RequestServices.GetServices<IDialect>().SelectMany(dialect => dialect.Samples))
        {
            text.Append(CultureInfo.InvariantCulture, $"# {sample.Title}\n{sample.Command(gateway)}\n\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"# Description of every route: {gateway}/openapi.json, as a page {gateway}/docs\n");
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    // The name is the client's, and stands between quotes in a command that somebody will paste.
    private static string Host(HttpContext context) =>
        context.Request.Host.Value is { Length: > 0 and <= 255 } host && host.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or ':' or '[' or ']')
            ? host
            : $"127.0.0.1:{context.Connection.LocalPort}";
}
