using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Files;

public sealed class FileUrlsTests
{
    private const string Key = "jobs/0198e6b2-7c1d-7aaa-8bbb-123456789abc/result/0";

    private readonly ShiftedTime _time = new();

    [Theory]
    [InlineData("image/png", "png")]
    [InlineData("image/jpeg", "jpeg")]
    [InlineData("IMAGE/JPG", "jpeg")]
    [InlineData("image/webp; q=1", "webp")]
    [InlineData("image/gif", "gif")]
    [InlineData("text/html", "bin")]
    public async Task An_address_names_the_file_and_ends_as_its_format(string mediaType, string extension)
    {
        var address = await Urls().ForAsync("http://mesh:8080/", Key, mediaType, null, TestContext.Current.CancellationToken);
        Assert.Matches($@"^http://mesh:8080/files/{Key}-[0-9a-f]{{8}}-[A-Za-z0-9_-]{{24}}\.{extension}$", address);
        var path = await ReadAsync(Urls(), new Uri(address).AbsolutePath);
        Assert.Equal((Key, extension), (path!.Key, path.Extension));
    }

    [Fact]
    public async Task The_public_address_comes_before_the_requests()
    {
        var urls = Urls(change: options => options.PublicUrl = "https://pictures.example.com/mesh/");
        var address = await urls.ForAsync("http://10.0.0.1:8080", Key, "image/png", null, TestContext.Current.CancellationToken);
        Assert.StartsWith($"https://pictures.example.com/mesh/files/{Key}-", address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_changed_character_makes_it_another_address()
    {
        var path = await PathAsync(Urls());
        for (var i = 0; i < path.Length; i++)
        {
            foreach (var other in "0aA-_./".Where(other => other != path[i]))
            {
                Assert.Null(await ReadAsync(Urls(), $"{path[..i]}{other}{path[(i + 1)..]}"));
            }
            Assert.Null(await ReadAsync(Urls(), path.Remove(i, 1)));
            Assert.Null(await ReadAsync(Urls(), path.Insert(i, "0")));
        }
        Assert.NotNull(await ReadAsync(Urls(), path));
    }

    [Fact]
    public async Task Another_secret_or_another_access_is_not_proven()
    {
        var path = await PathAsync(Urls());
        Assert.NotNull(await ReadAsync(Urls(), path));
        Assert.Null(await ReadAsync(Urls("b"), path));
        Assert.Null(await Urls().ReadAsync(path, FileAccessKind.Write, TestContext.Current.CancellationToken));
        var write = await Urls().PathAsync(FileAccessKind.Write, Key, "image/png", _time.GetUtcNow().AddHours(1), TestContext.Current.CancellationToken);
        Assert.Null(await ReadAsync(Urls(), write));
    }

    [Fact]
    public async Task It_ends_when_it_was_said_to()
    {
        var urls = Urls(change: options => options.UrlHours = 2);
        var read = await ReadAsync(urls, await PathAsync(urls));
        Assert.InRange(read!.Expires - _time.GetUtcNow(), TimeSpan.FromMinutes(118), TimeSpan.FromMinutes(120));
        Assert.False(urls.IsExpired(read));
        _time.Shift = TimeSpan.FromMinutes(121);
        Assert.True(urls.IsExpired(read));

        var until = _time.GetUtcNow().AddDays(9);
        var chosen = await urls.ForAsync("http://a", Key, "image/png", until, TestContext.Current.CancellationToken);
        Assert.Equal(until.ToUnixTimeSeconds(), (await ReadAsync(urls, chosen["http://a".Length..]))!.Expires.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/files/")]
    [InlineData("/files/.png")]
    [InlineData("/files/a-1-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    [InlineData("/files/-1-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    [InlineData("/files/../a-1-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    [InlineData("/files/a-ffffffffffff-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    [InlineData("/files/a--1-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    [InlineData("/files/a-1-AAAAAAAAAAAAAAAAAAAAAA==.png")]
    [InlineData("/files/a-1-AAAAAAAA AAAAAAAAAAAAAAA.png")]
    [InlineData("/FILES/a-1-AAAAAAAAAAAAAAAAAAAAAAAA.png")]
    public async Task Anything_else_is_no_address_of_a_file(string path) => Assert.Null(await ReadAsync(Urls(), path));

    [Fact]
    public async Task A_long_path_is_not_looked_at()
    {
        Assert.Null(await ReadAsync(Urls(), "/files/" + new string('a', 1 << 20)));
        await Assert.ThrowsAsync<ArgumentException>(() => Urls().ForAsync("http://a", "a/../b", "image/png", null, TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public void Options_name_every_faulty_key()
    {
        var options = new FilesOptions
        {
            UrlHours = double.NaN,
            UploadHours = 0,
            MaxUploadBytes = 1,
            Endpoint = "minio:9000",
            PublicUrl = "https://a/?b",
            AccessKey = "a",
        };
        var faults = string.Join('\n', options.Validate());
        foreach (var key in (string[])["UrlHours", "UploadHours", "MaxUploadBytes", "Endpoint 'minio:9000'", "PublicUrl", "AccessKey", "Endpoint is set"])
        {
            Assert.Contains($"Files:{key}", faults, StringComparison.Ordinal);
        }
        Assert.Equal(7, options.Validate().Count());
        Assert.Empty(new FilesOptions().Validate());
    }

    private FileUrls Urls(string seed = "a", Action<FilesOptions>? change = null)
    {
        var options = new FilesOptions();
        change?.Invoke(options);
        return new FileUrls(new FixedSigningKeys(seed), Options.Create(options), _time);
    }

    private static async Task<string> PathAsync(FileUrls urls) => (await urls.ForAsync("", Key, "image/png", null, TestContext.Current.CancellationToken));

    private static async Task<SignedPath?> ReadAsync(FileUrls urls, string path) => await urls.ReadAsync(path, FileAccessKind.Read, TestContext.Current.CancellationToken);
}
