using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;

namespace QwenMesh.Gateway.Dialects;

/// <summary>
/// Checks the caller of every route of the HTTP port that is not open to all, before anything of its body is read, and has a dialect word the refusal.
/// A route that says nothing of its access is checked, too: what somebody forgets stays closed.
/// </summary>
internal static class RouteAccessCheck
{
    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("Owner {Owner}");

    public static void UseRouteAccess(this WebApplication app)
    {
        var control = app.Services.GetRequiredService<AccessControl>();
        var prefixes = app.Services.GetRequiredService<DialectPrefixes>();
        var options = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        app.Use(async (context, next) =>
        {
            // What is no route of anybody's, e.g. the answer to a wrong method, tells nothing. gRPC has been checked already.
            var route = context.GetEndpoint() as RouteEndpoint;
            var access = route?.Metadata.GetMetadata<RouteAccess>() ?? RouteAccess.ByMethod;
            if (route is null || access.IsOpen || context.Features.Get<Caller>() is not null)
            {
                await next(context);
                return;
            }
            if (control.Admit(context, access.IsDrawing(context.Request.Method), rules: null, out var caller) is { } refusal)
            {
                Func<HttpContext, DialectError, Task> write = route.Metadata.GetMetadata<IDialect>() is { } dialect ? dialect.WriteErrorAsync : prefixes.WriteErrorAsync;
                await DialectRoutes.RefuseAsync(context, Error(refusal), write, options, hasReadBody: false);
                return;
            }
            using (caller)
            using (caller!.Key.Id.Length > 0 ? Scope(app.Logger, caller.Key.Id) : null)
            {
                await next(context);
            }
        });
    }

    private static DialectError Error(AccessRefusal refusal) => new(refusal.Kind switch
    {
        AccessRefusalKind.Unauthenticated => DialectErrorKind.Unauthenticated,
        AccessRefusalKind.Forbidden => DialectErrorKind.Forbidden,
        _ => DialectErrorKind.RateLimited,
    }, refusal.Detail)
    {
        RetryAfter = refusal.RetryAfter,
    };
}
