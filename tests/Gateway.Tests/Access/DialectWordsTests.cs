using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>How each dialect words a refusal.</summary>
public sealed class DialectWordsTests(DialectWordsTests.Keys keys) : IClassFixture<DialectWordsTests.Keys>
{
    private const string Missing = "an API key is needed, e.g. in the header 'Authorization: Bearer KEY'";

    public static TheoryData<string> Dialects => [.. DialectRefusals.All.Keys];

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_refusal_is_worded_as_its_vendor_words_it(string dialect)
    {
        var refusals = DialectRefusals.All[dialect];
        (string? Id, string Body, HttpStatusCode Status, string Detail)[] table =
        [
            (null, "{}", HttpStatusCode.Unauthorized, Missing),
            ("mallory", "{}", HttpStatusCode.Unauthorized, "the API key is not known"),
            ("bob", "{}", HttpStatusCode.Forbidden, "the API key is disabled"),
            ("alice", $$"""{"a":"{{new string('x', 1000)}}"}""", HttpStatusCode.RequestEntityTooLarge, "the request body is larger than 1000 bytes"),
            (dialect, "{}", HttpStatusCode.TooManyRequests, "this caller may send 1 such requests a minute"),
        ];
        using var first = await keys.Gateway.SendAsync(dialect, HttpMethod.Post, refusals.Path, "{}");
        foreach (var (id, body, status, detail) in table)
        {
            using var response = await keys.Gateway.SendAsync(id, HttpMethod.Post, refusals.Path, body);
            var request = Assert.Single(response.Headers.GetValues("x-request-id"));
            Assert.Equal((status, refusals.Body(status, detail, request)), (response.StatusCode, await response.TextAsync()));
            Assert.Equal(status == HttpStatusCode.Unauthorized ? "Bearer" : "", response.Headers.WwwAuthenticate.ToString());
            Assert.Equal(status == HttpStatusCode.TooManyRequests, response.Headers.RetryAfter is not null);
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task What_a_key_does_not_allow_is_worded_as_its_vendor_words_it(string dialect)
    {
        var sample = keys.Gateway.Services.GetServices<IDialect>().Single(one => one.Name == dialect).Samples.First(one => one.Json is not null);
        using var response = await keys.Gateway.SendAsync("carol", HttpMethod.Post, sample.Path, sample.Json);
        var (text, request) = (await response.TextAsync(), Assert.Single(response.Headers.GetValues("x-request-id")));
        Assert.True(response.StatusCode == HttpStatusCode.Forbidden, text);
        var detail = Regex.Match(text, "this API key allows 1 pixels a request; these pictures have [0-9]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        Assert.Equal((DialectRefusals.All[dialect] with { Path = sample.Path }).Body(HttpStatusCode.Forbidden, detail, request), text);
    }

    [Fact]
    public void Every_dialect_is_among_them()
    {
        // What is no dialect's call is worded by its path, as the next test says.
        var names = keys.Gateway.Services.GetServices<IDialect>().Select(dialect => dialect.Name).Where(name => name != "nim introspection");
        Assert.Equal(DialectRefusals.All.Keys.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
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

    /// <summary>A mesh with a key for each refusal: "alice" has small bodies, "bob" is disabled, "carol" has small pictures, and each dialect's name one request a minute.</summary>
    public sealed class Keys : IAsyncLifetime
    {
        private FakeMesh _mesh = null!;

        internal GatewayHost Gateway => _mesh.Gateway;

        public async ValueTask InitializeAsync()
        {
            (string Id, string Rule, string Value)[] all =
            [
                ("alice", "MaxRequestBodyBytes", "1000"), ("bob", "Disabled", "true"), ("carol", "MaxPixels", "1"),
                .. DialectRefusals.All.Keys.Select(name => (name, "RequestsPerMinute", "1")),
            ];
            var settings = new Dictionary<string, string?>();
            foreach (var (index, (id, rule, value)) in all.Index())
            {
                (settings[$"Access:Keys:{index}:Id"], settings[$"Access:Keys:{index}:Sha256"], settings[$"Access:Keys:{index}:{rule}"]) = (id, TestKeys.Hash(TestKeys.Of(id)), value);
            }
            _mesh = await FakeMesh.StartAsync(settings: settings);
        }

        public ValueTask DisposeAsync() => _mesh.DisposeAsync();
    }
}
