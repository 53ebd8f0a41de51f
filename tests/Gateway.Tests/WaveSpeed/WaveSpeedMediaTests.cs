using System.Net;
using System.Net.Http.Headers;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using static QwenMesh.Gateway.Tests.WaveSpeed.WaveSpeedCalls;

namespace QwenMesh.Gateway.Tests.WaveSpeed;

/// <summary>Pictures that are sent ahead, in both forms.</summary>
public sealed class WaveSpeedMediaTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly byte[] Picture = EditFiles.Png(77, 64, 64);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_in_a_form_is_edited_by_its_address()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Picture), "file", "circle.png" } };
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/api/v3/media/upload/binary", UriKind.Relative), form, Stop);
        var kept = await DataAsync(response);
        Assert.Equal(
            ("image", "circle.png", Picture.Length), (kept.GetProperty("type").GetString(), kept.GetProperty("filename").GetString(), kept.GetProperty("size").GetInt32()));
        await CheckIsEditedAsync(kept.GetProperty("download_url").GetString()!);
    }

    [Fact]
    public async Task A_picture_is_put_to_the_address_that_was_signed_for_it()
    {
        var place = await PostAsync(shared.Gateway, "/api/v3/media/uploads", new { filename = "circle.png", size = Picture.Length, content_type = "image/png" });
        var upload = place.GetProperty("upload");
        Assert.Equal("PUT", upload.GetProperty("method").GetString());
        using var content = new ByteArrayContent(Picture);
        foreach (var header in upload.GetProperty("headers").EnumerateObject())
        {
            content.Headers.Add(header.Name, header.Value.GetString());
        }
        using var put = await shared.Gateway.Http.PutAsync(new Uri(upload.GetProperty("url").GetString()!), content, Stop);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        await CheckIsEditedAsync(place.GetProperty("download_url").GetString()!);
    }

    [Theory]
    [InlineData("movie", "circle.png")]
    [InlineData("", "circle.png")]
    public async Task What_is_no_picture_is_not_kept(string text, string name)
    {
        using var form = new MultipartFormDataContent { { new StringContent(text), "file", name } };
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/api/v3/media/upload/binary", UriKind.Relative), form, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            """{"code":400,"message":"file: it is no PNG, JPEG, WebP or GIF; other media are not served here"}""", await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_413()
    {
        await using var mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Files:MaxUploadBytes"] = "1024" });
        using var large = new ByteArrayContent([.. Picture, .. new byte[2000]]);
        large.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var form = new MultipartFormDataContent { { large, "file", "circle.png" } };
        using var response = await mesh.Gateway.Http.PostAsync(new Uri("/api/v3/media/upload/binary", UriKind.Relative), form, Stop);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    private async Task CheckIsEditedAsync(string address)
    {
        Assert.Equal(Picture, await shared.Gateway.Http.GetByteArrayAsync(new Uri(address), Stop));
        await EndAsync(shared.Gateway, await PostAsync(shared.Gateway, $"{Family}/edit", new { prompt = "make it blue", image = address }));
        Assert.Equal(new WirePicture(64, 64, 77), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
    }
}
