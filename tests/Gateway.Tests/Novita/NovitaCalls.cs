using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Novita;

/// <summary>What the vendor's clients do.</summary>
internal static class NovitaCalls
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<string> SubmitAsync(GatewayHost gateway, string model, object body)
    {
        using var response = await gateway.PostAsync("/v3/async/" + model, JsonSerializer.Serialize(body), Stop);
        return await IdAsync(response);
    }

    public static async Task<string> IdAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
        var answer = Assert.Single(JsonElement.Parse(body).EnumerateObject());
        Assert.Equal("task_id", answer.Name);
        return answer.Value.GetString()!;
    }

    public static async Task<JsonElement> ResultAsync(GatewayHost gateway, string id) =>
        JsonElement.Parse(await gateway.Http.GetStringAsync(new Uri($"/v3/async/task-result?task_id={id}", UriKind.Relative), Stop));

    /// <summary>Polls as the vendor's client does, but more often.</summary>
    public static async Task<JsonElement> EndAsync(GatewayHost gateway, string id)
    {
        JsonElement result = default;
        await Eventually.TrueAsync(async () =>
        {
            result = await ResultAsync(gateway, id);
            return Status(result) is "TASK_STATUS_SUCCEED" or "TASK_STATUS_FAILED";
        }, "the task has ended");
        return result;
    }

    public static string Status(JsonElement result) => result.GetProperty("task").GetProperty("status").GetString()!;

    /// <summary>The only picture, fetched.</summary>
    public static async Task<ImageInfo> FetchAsync(GatewayHost gateway, JsonElement result)
    {
        var address = Assert.Single(result.GetProperty("images").EnumerateArray()).GetProperty("image_url").GetString()!;
        return new VipsDecoder().Probe(await gateway.Http.GetByteArrayAsync(new Uri(address), Stop), new ImageLimits());
    }
}
