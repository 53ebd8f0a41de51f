using System.Net.Http.Headers;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using static QwenMesh.Gateway.Tests.Replicate.ReplicateCalls;

namespace QwenMesh.Gateway.Tests.Replicate;

/// <summary>Files of an input that are sent ahead.</summary>
public sealed class FileTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Fact]
    public async Task A_picture_that_was_sent_ahead_is_edited()
    {
        var file = EditFiles.Png(70, 96, 64);
        var kept = await SendAsync("content", file);
        Assert.Equal(["id", "name", "content_type", "size", "metadata", "expires_at", "urls"], kept.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal((201, "buffer_1", "image/png", file.Length), (kept.Status, kept.TextAt("name"), kept.TextAt("content_type"), kept.At("size").GetInt32()));
        var done = await shared.Gateway.CreateAsync($$$"""{"input":{"prompt":"x","image":["{{{kept.TextAt("urls.get")}}}"]}}""", "qwen-image-edit-plus", Wait);
        Assert.Equal((201, "succeeded"), (done.Status, done.TextAt("status")));
        Assert.Equal(new WirePicture(96, 64, 70), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
    }

    [Theory]
    [InlineData("file", true)]
    [InlineData("content", false)]
    public async Task What_is_no_picture_is_refused(string name, bool isPicture)
    {
        var refused = await SendAsync(name, isPicture ? EditFiles.Png(70, 64, 64) : [1, 2, 3]);
        Assert.Equal((422, "content"), (refused.Status, refused.TextAt("invalid_fields.0.field")));
    }

    // As the vendor's client sends a Buffer.
    private async Task<JsonReply> SendAsync(string name, byte[] file)
    {
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using var form = new MultipartFormDataContent { { content, name, "buffer_1" }, { new StringContent("{}", null, "application/json"), "metadata", "blob" } };
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/files", UriKind.Relative), form, TestContext.Current.CancellationToken);
        return new JsonReply((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), new Dictionary<string, string>());
    }
}
