using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Access;

/// <summary>Which routes need a key.</summary>
public sealed class OpenRoutesTests
{
    private static readonly string[] Open =
        ["/", "/docs", "/openapi.json", "/health", "/health_generate", "/health/live", "/health/ready", "/metrics", "/v1/health/live", "/v1/health/ready", "/v1/metrics", "/access/open"];

    [Fact]
    public async Task With_keys_only_probes_descriptions_and_signed_files_are_open()
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice"));
        foreach (var path in Open)
        {
            using var response = await gateway.SendAsync(null, HttpMethod.Get, path);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{path}: {response.StatusCode}");
        }
        var others = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<RouteAccess>() == RouteAccess.Open)
            .Select(route => "/" + route.RoutePattern.RawText!.TrimStart('/'))
            .Where(pattern => !Open.Contains(pattern.TrimEnd('/')) && pattern != "/" && !pattern.StartsWith("/docs/", StringComparison.Ordinal) && !pattern.StartsWith("/files/", StringComparison.Ordinal));
        Assert.Empty(others);
    }

    [Theory]
    [InlineData("POST", AccessProbe.Draw)]
    [InlineData("GET", AccessProbe.Ask)]
    [InlineData("HEAD", AccessProbe.Ask)]
    [InlineData("GET", "/access/forgotten")]
    [InlineData("POST", "/v1/infer")]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/v1/metadata")]
    public async Task Every_other_route_needs_a_key_also_one_that_says_nothing(string method, string path)
    {
        await using var gateway = await AccessProbe.StartAsync(TestKeys.Settings("alice"));
        var body = method == "POST" ? "{}" : null;
        using var refused = await gateway.SendAsync(null, new HttpMethod(method), path, body);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var taken = await gateway.SendAsync("alice", new HttpMethod(method), path, body);
        Assert.NotEqual(HttpStatusCode.Unauthorized, taken.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_description_and_the_first_page_say_what_needs_a_key(bool keys)
    {
        await using var gateway = await AccessProbe.StartAsync(keys ? TestKeys.Settings("alice") : new Dictionary<string, string?>());
        using var response = await gateway.SendAsync(null, HttpMethod.Get, "/openapi.json");
        using var document = JsonDocument.Parse(await response.TextAsync());
        var paths = document.RootElement.GetProperty("paths");
        var draw = paths.GetProperty("/v1/infer").GetProperty("post");
        Assert.Equal(keys, draw.TryGetProperty("security", out var security));
        Assert.False(paths.GetProperty("/v1/health/live").GetProperty("get").TryGetProperty("security", out _));
        if (keys)
        {
            Assert.Equal("""[{"key":[]}]""", security.GetRawText().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
            Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("key").GetProperty("scheme").GetString());
        }
        using var page = await gateway.SendAsync(null, HttpMethod.Get, "/");
        Assert.Equal(keys, (await page.TextAsync()).Contains("Authorization: Bearer $QWENMESH_API_KEY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_keys_everything_is_open_on_loopback_whatever_key_is_sent()
    {
        await using var gateway = await AccessProbe.StartAsync(new Dictionary<string, string?>());
        foreach (var id in new[] { null, "somebody" })
        {
            using var response = await gateway.SendAsync(id, HttpMethod.Get, AccessProbe.Ask);
            Assert.Equal((HttpStatusCode.OK, "''"), (response.StatusCode, await response.TextAsync()));
        }
    }

    [Fact]
    public async Task Anonymous_callers_may_be_allowed_beside_keys()
    {
        var settings = TestKeys.Settings("alice");
        settings["Access:AllowAnonymous"] = "true";
        await using var gateway = await AccessProbe.StartAsync(settings);
        foreach (var (id, status, text) in new[] { (null, HttpStatusCode.OK, "''"), ("alice", HttpStatusCode.OK, "'alice'"), ("bob", HttpStatusCode.Unauthorized, "Unauthenticated: the API key is not known") })
        {
            using var response = await gateway.SendAsync(id, HttpMethod.Get, AccessProbe.Ask);
            Assert.Equal((status, text), (response.StatusCode, await response.TextAsync()));
        }
    }
}
