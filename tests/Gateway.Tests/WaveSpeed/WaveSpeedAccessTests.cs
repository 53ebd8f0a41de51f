using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using QwenMesh.Gateway.Tests.Fakes;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>Keys of callers.</summary>
public sealed class WaveSpeedAccessTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missing_or_wrong_key_is_401_in_the_vendors_shape()
    {
        await using var mesh = await StartAsync();
        foreach (var key in new[] { null, "wrong" })
        {
            using var response = await SendAsync(mesh, HttpMethod.Get, "/api/v3/predictions/x/result", key);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.StartsWith("""{"code":401,"message":""", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Predictions_are_shown_to_their_owner_only()
    {
        await using var mesh = await StartAsync();
        using var created = await SendAsync(mesh, HttpMethod.Post, $"{Family}/text-to-image", "first", """{"prompt":"x","size":"256*256","enable_sync_mode":true}""");
        var id = Id(await DataAsync(created));
        using var own = await SendAsync(mesh, HttpMethod.Get, $"/api/v3/predictions/{id}", "first");
        Assert.Equal("completed", Status(await DataAsync(own)));
        using var other = await SendAsync(mesh, HttpMethod.Get, $"/api/v3/predictions/{id}", "second");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var list = await SendAsync(mesh, HttpMethod.Post, "/api/v3/predictions", "second", """{"page":1,"page_size":10}""");
        Assert.Equal(0, (await DataAsync(list)).GetProperty("total").GetInt32());
    }

    private static Task<FakeMesh> StartAsync() => FakeMesh.StartAsync(settings: new Dictionary<string, string?>
    {
        ["Access:Keys:0:Id"] = "first",
        ["Access:Keys:0:Sha256"] = Hash("first"),
        ["Access:Keys:1:Id"] = "second",
        ["Access:Keys:1:Sha256"] = Hash("second"),
    });

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static async Task<HttpResponseMessage> SendAsync(FakeMesh mesh, HttpMethod method, string path, string? key, string? body = null)
    {
        using var message = new HttpRequestMessage(method, path);
        message.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        message.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await mesh.Gateway.Http.SendAsync(message, Stop);
    }
}
