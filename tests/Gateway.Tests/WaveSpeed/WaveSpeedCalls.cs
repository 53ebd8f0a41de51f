using System.Net;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>What the vendor's clients do.</summary>
internal static class WaveSpeedCalls
{
    public const string Family = "/api/v3/wavespeed-ai/qwen-image";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The data of an answer in its envelope.</summary>
    public static async Task<JsonElement> DataAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
        var envelope = JsonElement.Parse(body);
        Assert.Equal(["code", "message", "data"], envelope.EnumerateObject().Select(field => field.Name));
        Assert.Equal((200, "success"), (envelope.GetProperty("code").GetInt32(), envelope.GetProperty("message").GetString()));
        return envelope.GetProperty("data");
    }

    public static async Task<JsonElement> PostAsync(GatewayHost gateway, string path, object body)
    {
        using var response = await gateway.PostAsync(path, JsonSerializer.Serialize(body), Stop);
        return await DataAsync(response);
    }

    public static async Task<JsonElement> GetAsync(GatewayHost gateway, string path)
    {
        using var response = await gateway.Http.GetAsync(new Uri(path, UriKind.RelativeOrAbsolute), Stop);
        return await DataAsync(response);
    }

    /// <summary>Polls as the vendor's client does, but more often.</summary>
    public static async Task<JsonElement> EndAsync(GatewayHost gateway, JsonElement submitted)
    {
        var prediction = submitted;
        await Eventually.TrueAsync(async () =>
        {
            prediction = await GetAsync(gateway, submitted.GetProperty("urls").GetProperty("get").GetString()!);
            return Status(prediction) is "completed" or "failed";
        }, "the prediction has ended");
        return prediction;
    }

    public static string Status(JsonElement prediction) => prediction.GetProperty("status").GetString()!;

    public static string Id(JsonElement prediction) => prediction.GetProperty("id").GetString()!;

    /// <summary>The only output, fetched.</summary>
    public static async Task<ImageInfo> FetchAsync(GatewayHost gateway, JsonElement prediction)
    {
        var address = Assert.Single(prediction.GetProperty("outputs").EnumerateArray()).GetString()!;
        return Probe(await gateway.Http.GetByteArrayAsync(new Uri(address), Stop));
    }

    public static ImageInfo Probe(byte[] file) => new VipsDecoder().Probe(file, new ImageLimits());
}
