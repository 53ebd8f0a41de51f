using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>For tests whose clients send a body slowly: the server itself gives up one that has come at less than 240 bytes a second for five seconds, which pass on a busy machine.</summary>
internal static class SlowBodies
{
    public static IServiceCollection TakeSlowBodies(this IServiceCollection services) =>
        services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
}
