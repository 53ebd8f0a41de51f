using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>What a key allows to draw, asked by a dialect.</summary>
public sealed class AuthorizeTests
{
    [Fact]
    public async Task A_request_beyond_the_keys_rules_is_forbidden()
    {
        await using var mesh = await FakeMesh.StartAsync(
            settings: TestKeys.Settings("alice", ("MaxPixels", "524288"), ("MaxSteps", "20")), services: services => services.AddSingleton<IDialect, Asking>());
        (string Path, HttpStatusCode Status, string Text)[] table =
        [
            ("/asking/512/2/20", HttpStatusCode.OK, "alice"),
            ("/asking/512/3/20", HttpStatusCode.Forbidden, "this API key allows 524288 pixels a request; these pictures have 786432"),
            ("/asking/512/1/21", HttpStatusCode.Forbidden, "this API key allows 20 steps; 21 were asked for"),
        ];
        foreach (var (path, status, text) in table)
        {
            using var response = await mesh.Gateway.SendAsync("alice", HttpMethod.Post, path, "{}");
            Assert.Equal((status, text), (response.StatusCode, await response.TextAsync()));
        }
    }

    private sealed class Asking(ModelDirectory models) : IDialect
    {
        public string Name => "asking";

        public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapCall(this, HttpMethods.Post, "/asking/{side:int}/{count:int}/{steps:int}", call =>
        {
            var (side, count, steps) = (Number(call, "side"), Number(call, "count"), Number(call, "steps"));
            var request = new GenerationRequest { Prompt = "x", Seed = 1, Size = new ImageSize(side, side), Count = count, Steps = steps };
            call.Authorize(request, models.Current!);
            return call.Context.Response.WriteAsync(call.Owner, call.Aborted);
        });

        public Task WriteErrorAsync(HttpContext context, DialectError error)
        {
            context.Response.StatusCode = error.Status;
            return context.Response.WriteAsync(error.Detail, context.RequestAborted);
        }

        private static int Number(DialectCall call, string name) => int.Parse(call.Route(name), System.Globalization.CultureInfo.InvariantCulture);
    }
}
