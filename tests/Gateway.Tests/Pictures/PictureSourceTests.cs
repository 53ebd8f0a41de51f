using System.Text;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Pictures;

public sealed class PictureSourceTests
{
    private static readonly byte[] Png = Samples.Png();
    private static readonly string Base64 = Convert.ToBase64String(Png);

    public static TheoryData<string> Spellings =>
    [
        Base64,
        $"data:image/png;base64,{Base64}",
        $"DATA:image/jpg;BASE64,{Base64}",
        $"data:;base64,{Base64}",
        $"data:image/png;name=a.png;base64,{Base64}",
        $"  {Base64}\n",
        string.Join("\r\n", Base64.Chunk(76).Select(line => new string(line))),
        $"data:image/png;base64,{Base64[..10]} {Base64[10..]}",
    ];

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task Base64_is_read_with_and_without_a_data_uri(string text)
    {
        var file = await Samples.ReadOneAsync(Samples.Reader(), text);
        Assert.Equal(Png, file.Bytes.ToArray());
        Assert.Equal(new ImageInfo(ImageFormat.Png, 32, 32), file.Info);
        Assert.Equal(64, file.Digest().Length);
    }

    public static TheoryData<string> Broken =>
    [
        "", "   ", "data:image/png;base64,", "data:image/png;base64", "data:image/png,abc", "not base64!", Base64[..^1], Base64 + "=",
        Base64.Replace('+', '-').Replace('/', '_') + "-_", $"{Base64[..8]}={Base64[8..]}", "http://", "http://[::1/x",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_text_is_malformed(string text) =>
        Assert.Equal(PictureFaultKind.Malformed, (await Samples.RefusedAsync(Samples.Reader(), text)).Kind);

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.org/a.png")]
    [InlineData("gopher://example.org/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:image/png;example_id,0")]
    [InlineData("data:image/png;asset_id,7f3c1f9a-0000-0000-0000-000000000000")]
    [InlineData("http://user:secret@example.org/a.png")]
    public async Task Other_references_are_not_followed(string text) =>
        Assert.Equal(PictureFaultKind.UnsupportedReference, (await Samples.RefusedAsync(Samples.Reader(), text)).Kind);

    [Theory]
    [InlineData("hello, I am a text of some length", PictureFaultKind.NotAPicture)]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>", PictureFaultKind.UnsupportedType)]
    [InlineData("%PDF-1.7 and more", PictureFaultKind.UnsupportedType)]
    [InlineData("\u0089PNG", PictureFaultKind.NotAPicture)]
    [InlineData("GIF89a", PictureFaultKind.Damaged)]
    public async Task Content_is_judged_by_content(string content, object kind)
    {
        var text = "data:image/png;base64," + Convert.ToBase64String(Encoding.Latin1.GetBytes(content));
        Assert.Equal((PictureFaultKind)kind, (await Samples.RefusedAsync(Samples.Reader(), text)).Kind);
    }

    [Fact]
    public async Task Limits_hold_for_one_picture_and_for_all()
    {
        PictureSource[] sources = [PictureSource.Parse(Base64), .. Enumerable.Repeat(new PictureSource.Part(Png), 13)];
        Assert.InRange(Png.Length, 1024 / 14, 1024);
        Assert.Equal(PictureFaultKind.TooMany, await KindAsync(options => options.MaxPictures = 13));
        Assert.Equal(PictureFaultKind.TooLarge, await KindAsync(options => options.MaxTotalBytes = 1024));
        Assert.Equal(PictureFaultKind.TooSmall, await KindAsync(options => options.MinSide = 33));
        Assert.Equal(PictureFaultKind.TooLarge, await KindAsync(options => options.MaxPixels = 1023));
        Assert.Equal(PictureFaultKind.TooLarge, await KindAsync(options => options.MaxTotalPixels = (14 * 32 * 32) - 1));
        Assert.Equal(PictureFaultKind.TooLarge, (await Samples.RefusedAsync(Samples.Reader(options => options.MaxBytes = 1024), new string('A', 1400))).Kind);
        Assert.Equal(14, (await Samples.Reader().ReadAsync(sources, TestContext.Current.CancellationToken)).Count);

        async Task<PictureFaultKind> KindAsync(Action<PictureOptions> change)
        {
            var reader = Samples.Reader(change);
            return (await Assert.ThrowsAsync<PictureException>(() => reader.ReadAsync(sources, TestContext.Current.CancellationToken))).Fault.Kind;
        }
    }

    [Fact]
    public void Options_name_every_faulty_key()
    {
        var options = new PictureOptions { MaxPictures = 0, FetchSeconds = double.NaN, Schemes = "https,file", PrivateNetworks = ["10.0.0.0/8", "loopback"] };
        var faults = string.Join('\n', options.Validate());
        foreach (var key in (string[])["MaxPictures", "FetchSeconds", "Schemes: 'file'", "PrivateNetworks:1"])
        {
            Assert.Contains($"Gateway:Pictures:{key}", faults, StringComparison.Ordinal);
        }
        Assert.Equal(4, options.Validate().Count());
    }
}
