using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace QwenMesh.Dialects.Bench;

/// <summary>What the Gateway is compared with: YARP with one route and nothing else, before a server that answers everything with the same 1 KiB.</summary>
internal static class BareProxy
{
    private const int AnswerBytes = 1024;

    public static async Task ServeUpstreamAsync()
    {
        var answer = new byte[AnswerBytes];
        answer.AsSpan().Fill((byte)'a');
        await using var app = Builder().Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = AnswerBytes;
            await context.Response.Body.WriteAsync(answer);
        });
        await app.StartAsync();
        await ChildProcess.ServeAsync(app.Urls.Single());
    }

    public static async Task ServeAsync(string upstream)
    {
        var builder = Builder();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "upstream", Match = new RouteMatch { Path = "{**all}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "upstream",
                    Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = upstream } },
                },
            ]);
        await using var app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync();
        await ChildProcess.ServeAsync(app.Urls.Single());
    }

    private static WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder;
    }
}
