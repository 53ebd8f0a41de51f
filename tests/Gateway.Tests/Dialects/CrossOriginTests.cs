using System.Net;
using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class CrossOriginTests
{
    private const string Origin = "https://studio.example.com";

    [Fact]
    public async Task A_configured_origin_may_post_and_read_the_headers()
    {
        await using var gateway = await ProbeGateway.StartAsync(("Cors:Origins:0", Origin));
        using var preflight = await AskAsync(gateway, HttpMethod.Options, Origin);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Origin, Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("POST", Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Equal("content-type", Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Headers")));

        using var answer = await AskAsync(gateway, HttpMethod.Get, Origin);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode); // Errors can be read, too.
        Assert.Equal(Origin, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        var exposed = Assert.Single(answer.Headers.GetValues("Access-Control-Expose-Headers"));
        Assert.Contains("x-request-id", exposed, StringComparison.Ordinal);
        Assert.Contains("NVCF-REQID", exposed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Origin, "https://other.example.com")]
    [InlineData(null, Origin)]
    public async Task Another_origin_may_not(string? configured, string origin)
    {
        await using var gateway = await ProbeGateway.StartAsync(configured is null ? [] : [("Cors:Origins:0", configured)]);
        using var preflight = await AskAsync(gateway, HttpMethod.Options, origin);
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("studio.example.com")]
    [InlineData("https://studio.example.com/")]
    [InlineData("ftp://studio.example.com")]
    public async Task An_origin_that_is_none_is_found_at_the_start(string origin)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => ProbeGateway.StartAsync(("Cors:Origins:0", origin)));
        Assert.Contains("Gateway:Cors:Origins", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> AskAsync(ProbeGateway gateway, HttpMethod method, string origin)
    {
        using var message = new HttpRequestMessage(method, "/v1/infer");
        message.Headers.Add("Origin", origin);
        if (method == HttpMethod.Options)
        {
            message.Headers.Add("Access-Control-Request-Method", "POST");
            message.Headers.Add("Access-Control-Request-Headers", "content-type");
        }
        return await gateway.Host.Http.SendAsync(message, TestContext.Current.CancellationToken);
    }
}
