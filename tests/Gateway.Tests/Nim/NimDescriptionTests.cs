using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>What /openapi.json says of the hosted form.</summary>
public sealed class NimDescriptionTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("/v1/infer", "post", "NVCF-POLL-SECONDS NVCF-INPUT-ASSET-REFERENCES", "200 202 422")]
    [InlineData("/v1/genai/{publisher}/{model}", "post", "NVCF-POLL-SECONDS NVCF-INPUT-ASSET-REFERENCES", "200 202 422")]
    [InlineData("/v1/status/{id}", "get", "NVCF-POLL-SECONDS", "200 202 404 422 500")]
    [InlineData("/v2/nvcf/pexec/status/{id}", "get", "NVCF-POLL-SECONDS", "200 202 404 422 500")]
    [InlineData("/v2/nvcf/assets", "post", "", "200 422")]
    [InlineData("/v2/nvcf/assets/{id}", "delete", "", "204 404")]
    public async Task Routes_are_described_with_headers_that_need_not_be_sent(string path, string method, string headers, string statuses)
    {
        var route = (await shared.Gateway.CallAsync(HttpMethod.Get, "/openapi.json")).Json.GetProperty("paths").GetProperty(path).GetProperty(method);
        Assert.Equal(headers.Split(' ', StringSplitOptions.RemoveEmptyEntries), Headers(route));
        Assert.Superset(statuses.Split(' ').ToHashSet(), route.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).ToHashSet());
    }

    private static IEnumerable<string?> Headers(JsonElement route)
    {
        if (!route.TryGetProperty("parameters", out var parameters))
        {
            return [];
        }
        var headers = parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "header").ToArray();
        Assert.All(headers, header => Assert.False(header.TryGetProperty("required", out var required) && required.GetBoolean()));
        return headers.Select(header => header.GetProperty("name").GetString());
    }
}
