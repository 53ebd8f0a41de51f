using System.Threading.RateLimiting;

namespace QwenMesh.Gateway.Access;

/// <summary>Who sent the request, and the place that it takes until it is disposed of.</summary>
internal sealed class Caller(ApiKey key, RateLimitLease? place) : IDisposable
{
    public ApiKey Key => key;

    public void Dispose() => place?.Dispose();
}

/// <summary>The caller of a request.</summary>
public static class CallerOfRequest
{
    /// <summary>Id of the caller's key; empty for callers without one.</summary>
    public static string Owner(this HttpContext context) => context.Key().Id;

    /// <summary>What the caller may ask for.</summary>
    internal static ApiKey Key(this HttpContext context) => context.Features.Get<Caller>()?.Key ?? ApiKey.Unlimited;

    /// <summary>Bytes of a request body that are read of this caller.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="most">What the Gateway reads of anybody.</param>
    internal static int MostBodyBytes(this HttpContext context, int most) => context.Key() is { MaxRequestBodyBytes: > 0 and var own } ? Math.Min(own, most) : most;
}
