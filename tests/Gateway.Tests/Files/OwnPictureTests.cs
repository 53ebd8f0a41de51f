using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.OpenAi;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Files;

/// <summary>Pictures of requests that the Gateway keeps itself: its own addresses, which it would not fetch, and assets.</summary>
public sealed class OwnPictureTests : IAsyncLifetime
{
    private static readonly byte[] Png = EditFiles.Png(33, 64, 64);

    private readonly TemporaryFolder _folder = new();
    private FakeMesh _mesh = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Base => _mesh.Gateway.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync() =>
        _mesh = await FakeMesh.StartAsync(settings: new Dictionary<string, string?> { ["Files:Folder"] = _folder.Path });

    [Theory]
    [InlineData(null)]
    [InlineData("https://pictures.example.com")]
    public async Task An_address_of_the_Gateway_is_read_where_it_is(string? host)
    {
        await PutAsync("jobs/a/result/0", Png);
        using var response = await EditAsync(await UrlAsync(host ?? Base, "jobs/a/result/0") + "?download=1#top");
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal(new WirePicture(64, 64, 33), Assert.Single(_mesh.Encoder.Service.Pictures.Last()));
    }

    [Fact]
    public async Task An_address_that_was_changed_is_a_strangers()
    {
        await PutAsync("jobs/a/result/1", Png);
        var url = await UrlAsync(Base, "jobs/a/result/0");
        Assert.Contains("not fetched from", await RefusedAsync(url.Replace("result/0", "result/1", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_has_expired_or_lost_its_file_says_so()
    {
        await PutAsync("jobs/a/result/0", Png);
        var urls = _mesh.Gateway.Services.GetRequiredService<FileUrls>();
        var expired = await urls.ForAsync(Base, "jobs/a/result/0", "image/png", DateTimeOffset.UtcNow.AddSeconds(-2), Stop);
        Assert.Contains("has expired", await RefusedAsync(expired), StringComparison.Ordinal);
        Assert.Contains("no longer kept", await RefusedAsync(await UrlAsync(Base, "jobs/never/result/0")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_kept_is_checked_as_what_is_fetched()
    {
        await PutAsync("jobs/a/result/0", "no picture at all"u8.ToArray());
        await RefusedAsync(await UrlAsync(Base, "jobs/a/result/0"));

        await PutAsync("jobs/b/result/0", Png);
        PictureSource[] twice = [.. Enumerable.Repeat(await UrlAsync(Base, "jobs/b/result/0"), 17).Select(PictureSource.Parse)];
        var refused = await Assert.ThrowsAsync<PictureException>(() => Reader.ReadAsync(twice, Stop));
        Assert.Equal(PictureFaultKind.TooMany, refused.Fault.Kind);
    }

    /// <summary>As after a process has stood still: the time for the store and that for all pictures are over at once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_hangs_is_no_fault_of_the_request_also_when_all_times_are_over(bool isAsset)
    {
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?> { ["Gateway:Pictures:FetchSeconds"] = "0.2" }, services: services => services.AddSingleton<IBlobStore, StillBlobs>());
        var services = mesh.Gateway.Services;
        var source = PictureSource.Parse(
            isAsset ? $"data:image/png;asset_id,{Guid.NewGuid()}" : await services.GetRequiredService<FileUrls>().ForAsync(Base, "jobs/a/result/0", "image/png", null, Stop));
        var failed = await Assert.ThrowsAsync<GenerationException>(() => services.GetRequiredService<PictureReader>().ReadAsync([source], Stop));
        Assert.Equal(BlobFaults.Unreachable, failed.Fault);
    }

    [Fact]
    public async Task An_asset_is_read_for_its_owner()
    {
        var uploads = _mesh.Gateway.Services.GetRequiredService<Uploads>();
        var mine = await uploads.PutAsync("me", Png, "image/png", Stop);
        var source = PictureSource.Parse($"data:image/png;asset_id,{mine.Id}");
        Assert.Equal(Png, Assert.Single(await Reader.ReadAsync([source], Stop, "me")).Bytes.ToArray());
        foreach (var other in (string[])["", "you"])
        {
            var refused = await Assert.ThrowsAsync<PictureException>(() => Reader.ReadAsync([source], Stop, other));
            Assert.Equal((PictureFaultKind.UnsupportedReference, 0), (refused.Fault.Kind, refused.Position));
        }
    }

    [Fact]
    public async Task An_asset_in_a_request_is_an_edit_and_an_unknown_one_is_refused_at_its_place()
    {
        var asset = await _mesh.Gateway.Services.GetRequiredService<Uploads>().PutAsync("", Png, "image/png", Stop);
        string Body(string id) => JsonSerializer.Serialize(new { prompt = "a hat", image = new[] { "data:image/png;asset_id," + asset.Id, "data:image/png;asset_id," + id } });
        using var response = await _mesh.Gateway.PostAsync("/v1/infer", Body(asset.Id));
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal([33, 33], _mesh.Encoder.Service.Pictures.Last().Select(picture => picture.First));

        using var refused = await _mesh.Gateway.PostAsync("/v1/infer", Body(Guid.NewGuid().ToString()));
        var text = await refused.Content.ReadAsStringAsync(Stop);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("\"loc\":[\"body\",\"image\",1]", text, StringComparison.Ordinal);
        Assert.Contains("no such asset", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_of_an_asset_is_the_key_of_the_request()
    {
        var settings = new Dictionary<string, string?> { ["Files:Folder"] = _folder.Path, ["Access:AllowAnonymous"] = "true", ["Access:Keys:0:Id"] = "me" };
        settings["Access:Keys:0:Sha256"] = Convert.ToHexStringLower(SHA256.HashData("a-key-of-mine-0123456789"u8));
        await using var mesh = await FakeMesh.StartAsync(settings: settings);
        var asset = await mesh.Gateway.Services.GetRequiredService<Uploads>().PutAsync("me", Png, "image/png", Stop);
        var body = $$"""{"prompt":"a hat","image":"data:image/png;asset_id,{{asset.Id}}"}""";
        using var stranger = await mesh.Gateway.PostAsync("/v1/infer", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stranger.StatusCode);
        mesh.Gateway.Http.DefaultRequestHeaders.Add("Authorization", "Bearer a-key-of-mine-0123456789");
        using var owner = await mesh.Gateway.PostAsync("/v1/infer", body);
        Assert.True(owner.StatusCode == HttpStatusCode.OK, await owner.Content.ReadAsStringAsync(Stop));
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        _folder.Dispose();
    }

    private PictureReader Reader => _mesh.Gateway.Services.GetRequiredService<PictureReader>();

    private Task PutAsync(string key, byte[] bytes) => _mesh.Gateway.Services.GetRequiredService<IBlobStore>().PutAsync(key, bytes, "image/png", Stop);

    private async Task<string> UrlAsync(string host, string key) =>
        await _mesh.Gateway.Services.GetRequiredService<FileUrls>().ForAsync(host, key, "image/png", null, Stop);

    private Task<HttpResponseMessage> EditAsync(string image) =>
        _mesh.Gateway.PostAsync("/v1/images/edits", JsonSerializer.Serialize(new { prompt = "x", size = "512x512", image }), Stop);

    private async Task<string> RefusedAsync(string image)
    {
        using var response = await EditAsync(image);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Stop);
    }

    /// <summary>Does not answer, and hears of its end late.</summary>
    private sealed class StillBlobs : IBlobStore
    {
        public Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }

        public Task DeleteAsync(string prefix, CancellationToken cancellationToken) => Task.CompletedTask;

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => AsyncEnumerable.Empty<string>();
    }
}
