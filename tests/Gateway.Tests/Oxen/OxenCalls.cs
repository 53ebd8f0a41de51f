using System.Net;
using System.Text.Json.Nodes;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Oxen;

/// <summary>Calls of the dialect.</summary>
internal static class OxenCalls
{
    public static string Picture(byte grey = 10, int width = 64, int height = 64) => "data:image/png;base64," + Convert.ToBase64String(EditFiles.Png(grey, width, height));

    public static async Task<(HttpStatusCode Status, JsonNode Body)> CallAsync(this GatewayHost gateway, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(text)!);
    }

    /// <summary>The ids of what has been enqueued.</summary>
    public static async Task<string[]> EnqueueAsync(this GatewayHost gateway, string body)
    {
        var (status, answer) = await gateway.CallAsync(HttpMethod.Post, "/api/ai/queue", body);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        Assert.All(answer["generations"]!.AsArray(), generation => Assert.Equal("queued", (string?)generation!["status"]));
        return [.. answer["generations"]!.AsArray().Select(generation => (string)generation!["generation_id"]!)];
    }

    public static async Task<JsonNode> GetAsync(this GatewayHost gateway, string path)
    {
        var (status, answer) = await gateway.CallAsync(HttpMethod.Get, path);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        return answer;
    }

    /// <summary>The generation once it has a status.</summary>
    public static async Task<JsonNode> WithStatusAsync(this GatewayHost gateway, string id, string status)
    {
        JsonNode? seen = null;
        await Eventually.TrueAsync(async () => (string?)(seen = await gateway.GetAsync($"/api/ai/queue/{id}"))["status"] == status, $"the generation is {status}");
        return seen!;
    }
}
