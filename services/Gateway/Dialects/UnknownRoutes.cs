namespace QwenMesh.Gateway.Dialects;

/// <summary>404 and 405 in the shape of the dialect whose path it is.</summary>
internal static class UnknownRoutes
{
    public static void UseUnknownRoutes(this WebApplication app)
    {
        var prefixes = app.Services.GetRequiredService<DialectPrefixes>();
        app.UseStatusCodePages(pages =>
        {
            var context = pages.HttpContext;
            var error = context.Response.StatusCode switch
            {
                StatusCodes.Status404NotFound => new DialectError(DialectErrorKind.UnknownRoute, $"no such route: {Echo.Cut(context.Request.Path)}"),
                StatusCodes.Status405MethodNotAllowed => new DialectError(DialectErrorKind.WrongMethod, "Method Not Allowed"),
                _ => null,
            };
            return error is null ? Task.CompletedTask : prefixes.WriteErrorAsync(context, error);
        });
    }
}
