using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Dialects.Nim;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Lets pages of the configured origins call the Gateway, and read the headers of its answers.</summary>
internal static class CrossOrigin
{
    private static readonly string[] Exposed =
    [
        RequestIdentity.Header, ResponseHeaders.Ignored, ResponseHeaders.Truncated, "Server-Timing", "Retry-After",
        NimHeaders.RequestId, NimHeaders.Status, NimHeaders.PercentComplete,
    ];

    public static void UseCrossOrigin(this WebApplication app)
    {
        var origins = app.Services.GetRequiredService<IOptions<DialectOptions>>().Value.Cors.Origins;
        if (origins.Count > 0)
        {
            app.UseCors(policy => Allow(policy, [.. origins]));
        }
    }

    // No credentials: what the Gateway serves does not depend on cookies.
    private static void Allow(CorsPolicyBuilder policy, string[] origins)
    {
        policy.AllowAnyHeader().WithMethods("GET", "HEAD", "POST", "PUT", "DELETE").WithExposedHeaders(Exposed).SetPreflightMaxAge(TimeSpan.FromHours(1));
        if (origins.Contains("*"))
        {
            policy.AllowAnyOrigin();
        }
        else
        {
            policy.WithOrigins(origins);
        }
    }
}
