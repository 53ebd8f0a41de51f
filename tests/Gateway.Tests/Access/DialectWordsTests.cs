using System.Net;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>How each dialect words a refusal.</summary>
public sealed class DialectWordsTests
{
    private const string Missing = "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'";

    [Theory]
    [InlineData("/v1/infer", $$"""{"detail":"{{Missing}}"}""", """{"detail":"the API key is disabled"}""", """{"detail":"this caller may send 1 such requests a minute"}""")]
    [InlineData("/v1/images/generations",
        $$"""{"error":{"message":"{{Missing}}","type":"invalid_request_error","param":null,"code":"invalid_api_key"},"detail":"{{Missing}}"}""",
        """{"error":{"message":"the API key is disabled","type":"permission_error","param":null,"code":"permission_denied"},"detail":"the API key is disabled"}""",
        """{"error":{"message":"this caller may send 1 such requests a minute","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"},"detail":"this caller may send 1 such requests a minute"}""")]
    [InlineData("/access/draw", $"Unauthenticated: {Missing}", "Forbidden: the API key is disabled", "RateLimited: this caller may send 1 such requests a minute")]
    public async Task A_refusal_is_worded_as_its_vendor_words_it(string path, string unauthenticated, string forbidden, string limited)
    {
        var settings = TestKeys.Settings("alice", ("RequestsPerMinute", "1"));
        (settings["Access:Keys:1:Id"], settings["Access:Keys:1:Sha256"], settings["Access:Keys:1:Disabled"]) = ("bob", TestKeys.Hash(TestKeys.Of("bob")), "true");
        await using var gateway = await AccessProbe.StartAsync(settings);
        using var first = await gateway.SendAsync("alice", HttpMethod.Post, path, "{}");
        (string? Id, HttpStatusCode Status, string Text)[] table =
            [(null, HttpStatusCode.Unauthorized, unauthenticated), ("bob", HttpStatusCode.Forbidden, forbidden), ("alice", HttpStatusCode.TooManyRequests, limited)];
        foreach (var (id, status, text) in table)
        {
            using var response = await gateway.SendAsync(id, HttpMethod.Post, path, "{}");
            Assert.Equal((status, text), (response.StatusCode, await response.TextAsync()));
            Assert.True(response.Headers.Contains("x-request-id"));
        }
    }

    [Fact]
    public async Task A_route_that_is_no_dialects_call_is_refused_in_the_shape_of_its_path()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice"));
        using var nim = await gateway.SendAsync(null, HttpMethod.Get, "/v1/metadata");
        using var probe = await gateway.SendAsync(null, HttpMethod.Get, "/access/forgotten");
        Assert.Equal($$"""{"detail":"{{Missing}}"}""", await nim.TextAsync());
        Assert.Equal($"Unauthenticated: {Missing}", await probe.TextAsync());
    }

    [Fact]
    public async Task A_refused_client_that_sends_a_large_body_can_read_the_answer()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice"));
        using var refused = await gateway.SendAsync(null, HttpMethod.Post, "/access/body", $$"""{"a":"{{new string('x', 8 << 20)}}"}""");
        Assert.Equal((HttpStatusCode.Unauthorized, $"Unauthenticated: {Missing}"), (refused.StatusCode, await refused.TextAsync()));
    }
}
