using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// Names the server's spans and tags them as the HTTP semantic conventions ask: "POST /v1/infer" and "qwenmesh.v1.VaeStage/Decode" in place
/// of one constant. ASP.NET Core leaves that to an instrumentation package that is not available on every feed.
/// </summary>
internal sealed class RequestSpans : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(DescribeAsync);
        next(app);
    };

    private static async Task DescribeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span)
            {
                Describe(span, context);
            }
        }
    }

    private static void Describe(Activity span, HttpContext context)
    {
        span.SetTag("http.request.method", context.Request.Method);
        span.SetTag("url.scheme", context.Request.Scheme);
        span.SetTag("url.path", context.Request.Path.Value);
        span.SetTag("http.response.status_code", context.Response.StatusCode);
        if (span.GetTagItem("grpc.method") is string method)
        {
            span.DisplayName = method.TrimStart('/');
        }
        else if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            span.SetTag("http.route", route);
            span.DisplayName = $"{context.Request.Method} /{route.TrimStart('/')}";
        }
        else
        {
            span.DisplayName = context.Request.Method; // No route: the path could be anything.
        }
        if (context.Response.StatusCode >= 500)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
