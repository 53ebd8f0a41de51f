using QwenMesh.Gateway.Access;
using QwenMesh.ServiceDefaults;
using Scalar.AspNetCore;

namespace QwenMesh.Gateway.OpenApi;

/// <summary>/openapi.json, and the page that shows it at /docs.</summary>
internal static class GatewayDescription
{
    public const string Tag = "Gateway";

    private const string Path = "/openapi.json";

    // The page's script writes styles and compiles schema checks.
    private const string PagePolicy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:";

    public static void AddDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddOperationTransformer((operation, context, _) => RouteDescriptions.ApplyAsync(operation, context.Description));
        options.AddOperationTransformer(KeyDescription.ApplyAsync);
        options.AddDocumentTransformer(KeyDescription.ApplyAsync);
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "QwenMesh";
            document.Info.Version = MeshTelemetry.Version;
            document.Info.Description = "Qwen-Image over the HTTP interfaces of existing clients. Answers to pictures and errors carry x-request-id.";
            return Task.CompletedTask;
        });
    });

    public static void MapDescription(this WebApplication app)
    {
        app.MapOpenApi(Path).WithAccess(RouteAccess.Open);
        // The script is the package's own. Everything that the page would ask of other hosts is off.
        app.MapScalarApiReference("/docs", page =>
        {
            page.OpenApiRoutePattern = Path;
            page.Title = "QwenMesh";
            page.DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp();
            page.ProxyUrl = null;
            page.ShowDeveloperTools = DeveloperToolsVisibility.Never;
        }).WithAccess(RouteAccess.Open).Finally(OwnHostOnly);
    }

    // Whatever the page's script would like to load: the browser asks nobody else.
    private static void OwnHostOnly(EndpointBuilder endpoint)
    {
        var page = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            return page(context);
        };
    }
}
