using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>A dialect that tells whose request it is, and a Gateway without stages that has it.</summary>
internal sealed class AccessProbe : IDialect
{
    public const string Draw = "/access/draw";
    public const string Ask = "/access/ask";

    public string Name => "access";

    public IReadOnlyList<string> Prefixes => ["/access"];

    public static Task<GatewayHost> StartAsync(IReadOnlyDictionary<string, string?> settings) => GatewayHost.StartAsync(
        new Dictionary<string, string?>(settings)
        {
            // Not the default ones: a mesh may run on this machine.
            ["Stages:Encoder:Addresses:0"] = "http://127.0.0.1:1",
            ["Stages:Denoiser:Addresses:0"] = "http://127.0.0.1:1",
            ["Stages:Vae:Addresses:0"] = "http://127.0.0.1:1",
        },
        services => services.AddSingleton<IDialect>(new AccessProbe()));

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapCall(this, HttpMethods.Post, Draw, TellAsync);
        endpoints.MapCall(this, HttpMethods.Get, Ask, TellAsync);
        endpoints.MapCall(this, HttpMethods.Post, "/access/end", TellAsync, RouteAccess.Asks);
        endpoints.MapCall(this, HttpMethods.Get, "/access/open", TellAsync, RouteAccess.Open);
        endpoints.MapGet("/access/forgotten", () => "a route that says nothing of its access");
        endpoints.MapCall(this, HttpMethods.Post, "/access/body", async call =>
        {
            using var body = await call.ReadBodyAsync(BodyForm.Json);
            await TellAsync(call);
        });
    }

    public async Task WriteErrorAsync(HttpContext context, DialectError error)
    {
        context.Response.StatusCode = error.Status;
        await context.Response.WriteAsync($"{error.Kind}: {error.Detail}", context.RequestAborted);
    }

    private static Task TellAsync(DialectCall call) => call.Context.Response.WriteAsync($"'{call.Owner}'", call.Aborted);
}
