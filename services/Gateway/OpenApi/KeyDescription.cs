using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using QwenMesh.Gateway.Access;

namespace QwenMesh.Gateway.OpenApi;

/// <summary>Says in /openapi.json which routes need an API key, where there are keys.</summary>
internal static class KeyDescription
{
    private const string Scheme = "key";

    public static Task ApplyAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        if (HasKeys(context.ApplicationServices))
        {
            document.AddComponent<IOpenApiSecurityScheme>(Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key.",
            });
        }
        return Task.CompletedTask;
    }

    public static Task ApplyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var isOpen = context.Description.ActionDescriptor.EndpointMetadata.OfType<RouteAccess>().LastOrDefault()?.IsOpen == true;
        if (!isOpen && HasKeys(context.ApplicationServices))
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        }
        return Task.CompletedTask;
    }

    private static bool HasKeys(IServiceProvider services) => services.GetRequiredService<IOptions<AccessOptions>>().Value.HasKeys;
}
