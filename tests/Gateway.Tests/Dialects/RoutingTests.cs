using System.Net;
using System.Text.Json;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>Unknown paths, wrong methods, HEAD, and failures of a dialect.</summary>
public sealed class RoutingTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    [Theory]
    [InlineData("GET", "/probe/nothing", HttpStatusCode.NotFound, "UnknownRoute: no such route: /probe/nothing")]
    [InlineData("GET", "/probe/json", HttpStatusCode.MethodNotAllowed, "WrongMethod: Method Not Allowed")]
    [InlineData("GET", "/v1/nothing", HttpStatusCode.NotFound, "404 page not found")]
    [InlineData("GET", "/v1/infer", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("GET", "/nothing", HttpStatusCode.NotFound, """{"title":"Not Found","status":404,"detail":"no such route: /nothing"}""")]
    [InlineData("GET", "/prober", HttpStatusCode.NotFound, """{"title":"Not Found","status":404,"detail":"no such route: /prober"}""")]
    public async Task What_is_wrong_with_a_path_is_told_in_the_shape_of_its_dialect(string method, string path, HttpStatusCode status, string body)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await gateway.Host.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal((status, body), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.True(response.Headers.Contains("x-request-id"));
    }

    [Theory]
    [InlineData("/probe/hello")]
    [InlineData("/v1/health/live")]
    [InlineData("/health/live")]
    [InlineData("/v1/version")]
    public async Task Head_is_answered_like_get_without_a_body(string path)
    {
        using var get = await gateway.Host.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        using var message = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await gateway.Host.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, get.Content.Headers.ContentType), (head.StatusCode, head.Content.Headers.ContentType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_failure_of_the_dialect_itself_keeps_its_secrets()
    {
        using var response = await gateway.Host.Http.GetAsync(new Uri("/probe/broken", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("Internal: Internal server error", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_long_path_is_cut_in_the_answer()
    {
        var text = await (await gateway.Host.Http.GetAsync(new Uri($"/{new string('x', 4000)}", UriKind.Relative), TestContext.Current.CancellationToken))
            .Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.InRange(JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!.Length, 1, 100);
    }
}
