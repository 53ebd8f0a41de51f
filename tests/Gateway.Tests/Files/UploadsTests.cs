using System.Net;
using System.Net.Http.Headers;
using QwenMesh.Gateway.Files;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>Uploads, by PUT to a real Gateway and without it.</summary>
public sealed class UploadsTests
{
    private const string Description = "x-amz-meta-nvcf-asset-description";

    private static readonly byte[] Bytes = [1, 2, 3, 4];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_put_is_the_owners_alone()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var place = await gateway.Uploads.CreateAsync("mine", "image/jpeg", "a hat", Stop);
        Assert.Null(await gateway.Uploads.ReadAsync("mine", place.Upload.Id, Stop));
        Assert.Equal("a hat", (await gateway.Uploads.FindAsync("mine", place.Upload.Id, Stop))!.Description);

        using var put = await PutAsync(gateway, place.PutPath, Bytes, "image/jpeg", "a hat");
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(Bytes, (await gateway.Uploads.ReadAsync("mine", place.Upload.Id, Stop))?.ToArray());
        foreach (var other in (string[])["", "other", "Mine"])
        {
            Assert.Null(await gateway.Uploads.ReadAsync(other, place.Upload.Id, Stop));
            Assert.False(await gateway.Uploads.DeleteAsync(other, place.Upload.Id, Stop));
        }
        using var served = await gateway.GetAsync(await gateway.Urls.ForAsync("", place.Upload.Key, place.Upload.MediaType, place.Upload.Expires, Stop));
        Assert.Equal(("image/jpeg", HttpStatusCode.OK), (served.Content.Headers.ContentType!.ToString(), served.StatusCode));

        Assert.True(await gateway.Uploads.DeleteAsync("mine", place.Upload.Id, Stop));
        Assert.False(await gateway.Uploads.DeleteAsync("mine", place.Upload.Id, Stop));
        Assert.Null(await gateway.Uploads.ReadAsync("mine", place.Upload.Id, Stop));
        using var late = await PutAsync(gateway, place.PutPath, Bytes, "image/jpeg", "a hat");
        Assert.Contains("no longer kept", await FileRoutesTests.ProblemAsync(late, HttpStatusCode.NotFound), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_here_needs_no_PUT()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var upload = await gateway.Uploads.PutAsync("", Bytes, "image/png", Stop);
        Assert.Equal(Bytes, (await gateway.Uploads.ReadAsync("", upload.Id, Stop))?.ToArray());
        foreach (var id in (string[])["", "..", "../../jobs", upload.Id + "x", Guid.NewGuid().ToString(), "{" + upload.Id + "}"])
        {
            Assert.Null(await gateway.Uploads.ReadAsync("", id, Stop));
        }
    }

    [Theory]
    [InlineData("image/jpeg", "a hat", "Content-Type")]
    [InlineData(null, "a hat", "Content-Type")]
    [InlineData("image/png", "a cat", Description)]
    [InlineData("image/png", null, Description)]
    public async Task The_headers_are_those_that_were_announced(string? mediaType, string? description, string named)
    {
        await using var gateway = await FilesGateway.StartAsync();
        var place = await gateway.Uploads.CreateAsync("", "image/png", "a hat", Stop);
        using var refused = await PutAsync(gateway, place.PutPath, Bytes, mediaType, description);
        Assert.StartsWith(named, await FileRoutesTests.ProblemAsync(refused, HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Null(await gateway.Uploads.ReadAsync("", place.Upload.Id, Stop));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_limit_holds_whether_the_length_is_announced_or_not(bool announced)
    {
        // The limit of other requests is lower, and not that of uploads.
        await using var gateway = await FilesGateway.StartAsync(new() { ["Files:MaxUploadBytes"] = "300000", ["Gateway:MaxRequestBodyBytes"] = "65536" });
        var place = await gateway.Uploads.CreateAsync("", "image/png", null, Stop);
        using (var refused = await PutAsync(gateway, place.PutPath, new byte[300_001], "image/png", null, announced))
        {
            Assert.Contains("300000", await FileRoutesTests.ProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge), StringComparison.Ordinal);
        }
        using var taken = await PutAsync(gateway, place.PutPath, new byte[300_000], "image/png", null, announced);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal(300_000, (await gateway.Uploads.ReadAsync("", place.Upload.Id, Stop))?.Length);
    }

    [Fact]
    public async Task A_file_is_put_once_and_may_be_put_again()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var place = await gateway.Uploads.CreateAsync("", "image/png", null, Stop);
        foreach (var _ in (int[])[1, 2])
        {
            using var put = await PutAsync(gateway, place.PutPath, Bytes, "image/png", "whatever it likes");
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        }
        using var other = await PutAsync(gateway, place.PutPath, [9], "image/png", null);
        await FileRoutesTests.ProblemAsync(other, HttpStatusCode.Conflict);
        Assert.Equal(Bytes, (await gateway.Uploads.ReadAsync("", place.Upload.Id, Stop))?.ToArray());
    }

    [Fact]
    public async Task A_path_to_read_is_none_to_write()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var upload = await gateway.Uploads.PutAsync("", Bytes, "image/png", Stop);
        var read = await gateway.Urls.ForAsync("", upload.Key, "image/png", null, Stop);
        using var put = await PutAsync(gateway, read, Bytes, "image/png", null);
        await FileRoutesTests.ProblemAsync(put, HttpStatusCode.NotFound);
        var place = await gateway.Uploads.CreateAsync("", "image/png", null, Stop);
        using var get = await gateway.GetAsync(place.PutPath);
        await FileRoutesTests.ProblemAsync(get, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_path_ends_after_an_hour_and_the_file_after_a_day()
    {
        await using var gateway = await FilesGateway.StartAsync(new() { ["Files:UploadHours"] = "2" });
        var (place, upload) = (await gateway.Uploads.CreateAsync("", "image/png", null, Stop), await gateway.Uploads.PutAsync("", Bytes, "image/png", Stop));
        gateway.Time.Shift = TimeSpan.FromMinutes(61);
        using (var late = await PutAsync(gateway, place.PutPath, Bytes, "image/png", null))
        {
            Assert.Contains("expired", await FileRoutesTests.ProblemAsync(late, HttpStatusCode.NotFound), StringComparison.Ordinal);
        }
        Assert.NotNull(await gateway.Uploads.ReadAsync("", upload.Id, Stop));
        gateway.Time.Shift = TimeSpan.FromMinutes(121);
        Assert.Null(await gateway.Uploads.ReadAsync("", upload.Id, Stop));
        Assert.False(await gateway.Uploads.DeleteAsync("", upload.Id, Stop));
    }

    [Fact]
    public async Task A_Gateway_that_starts_sweeps_what_has_expired()
    {
        await using var gateway = await FilesGateway.StartAsync();
        var (old, kept) = (await gateway.Uploads.PutAsync("", Bytes, "image/png", Stop), await gateway.Uploads.PutAsync("", Bytes, "image/png", Stop));
        string FolderOf(Upload upload) => Path.GetDirectoryName(Path.Combine(gateway.Folder, upload.Key))!;
        Directory.SetLastWriteTimeUtc(FolderOf(old), DateTime.UtcNow.AddHours(-26));
        await using var second = await Fakes.GatewayHost.StartAsync(new Dictionary<string, string?> { ["Files:Folder"] = gateway.Folder });
        await Eventually.TrueAsync(() => !Directory.Exists(FolderOf(old)), "the old upload is gone");
        Assert.Equal(Bytes, (await gateway.Uploads.ReadAsync("", kept.Id, Stop))?.ToArray());
    }

    private static async Task<HttpResponseMessage> PutAsync(
        FilesGateway gateway, string path, byte[] bytes, string? mediaType, string? description, bool announced = true)
    {
        using HttpContent content = announced ? new ByteArrayContent(bytes) : new StreamContent(new Unannounced(bytes));
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return await gateway.SendAsync(HttpMethod.Put, path, content, description is null ? [] : [(Description, description)]);
    }

    // A stream that nobody knows the length of is sent in chunks.
    private sealed class Unannounced(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
