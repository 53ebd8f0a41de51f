using System.Net;
using System.Net.Http.Headers;
using System.Text;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class FormBodyTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    [Fact]
    public async Task Fields_and_files_come_in_any_order()
    {
        using var form = new MultipartFormDataContent
        {
            File("image", "a.png", 3, "image/png"),
            { new StringContent("a red circle"), "prompt" },
            File("image", "b.png", 5, "image/png"),
            { new StringContent("2"), "n" },
        };
        var (status, text) = await gateway.PostAsync("/probe/form", form);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"body":{"prompt":"a red circle","n":"2"},"parts":["image a.png image/png 3","prompt  text/plain; charset=utf-8 12","image b.png image/png 5","n  text/plain; charset=utf-8 1"]}""",
            text);
    }

    [Fact]
    public async Task A_name_that_comes_twice_or_ends_in_brackets_is_a_list()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("1"), "twice" },
            { new StringContent("2"), "twice" },
            { new StringContent("one"), "list[]" },
        };
        Assert.StartsWith("""{"body":{"twice":["1","2"],"list":["one"]},"parts":["twice """, (await gateway.PostAsync("/probe/form", form)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_keep_the_order_of_the_parts_whatever_their_names_and_forms()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("https://example.com/a"), "url[]" },
            File("image[]", "b", 4, "image/png"),
            { new StringContent("data:image/png;base64,AAAA"), "image" },
        };
        Assert.Equal("""["url Url 21","image File 4","image DataUri 26"]""", (await gateway.PostAsync("/probe/pictures", form)).Text);
    }

    [Theory]
    [InlineData("""{"image":"AAAA"}""", """["image Base64 4"]""")]
    [InlineData("""{"url":"HTTPS:\/\/example.com","image":["data:,","http://a"]}""", """["image[0] DataUri 6","image[1] Url 8","url Url 19"]""")]
    [InlineData("""{"image":["",""],"url":null}""", "[]")]
    [InlineData("""{"image":["a",7]}""", "InvalidFields: image[1] must be a picture: a file, a URL, a data URI or base64")]
    [InlineData("""{"image":["a","b","c","d"]}""", "InvalidFields: image must have at most 3 items")]
    public async Task Pictures_of_json_are_texts_or_lists_of_them(string body, string expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        Assert.Equal(expected, (await gateway.PostAsync("/probe/pictures", content)).Text);
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "the form is broken")]
    [InlineData("--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "a part of the form has no name")]
    [InlineData("--b\r\nX: y\r\n\r\nx\r\n--b--\r\n", "a part of the form has no name")]
    [InlineData("--b\r\nno header\r\n\r\nx\r\n--b--\r\n", "the form is broken")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\u00ff\r\n--b--\r\n", "field 'a' is not UTF-8")]
    [InlineData("", "the form is broken")]
    public async Task A_broken_form_is_told_as_such(string body, string reason)
    {
        var (status, text) = await PostAsync(Encoding.Latin1.GetBytes(body));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.StartsWith($"InvalidBody: {reason}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_and_their_headers_are_limited()
    {
        var parts = string.Concat(Enumerable.Range(0, 129).Select(i => $"--b\r\nContent-Disposition: form-data; name=\"{i}\"\r\n\r\nx\r\n"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "BodyTooLarge: the form has more than 128 parts"), await PostAsync(Encoding.ASCII.GetBytes(parts + "--b--\r\n")));

        var headers = $"--b\r\nContent-Disposition: form-data; name=\"a\"\r\nX: {new string('y', 10_000)}\r\n\r\nx\r\n--b--\r\n";
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(Encoding.ASCII.GetBytes(headers))).Status);
        await Eventually.TrueAsync(() => gateway.Budget.Taken == 0, "all memory is given back"); // Also what the test before this one took.
    }

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        return await gateway.PostAsync("/probe/form", content);
    }

    private static ByteArrayContent File(string name, string fileName, int length, string type)
    {
        var file = new ByteArrayContent(new byte[length]);
        file.Headers.ContentType = new MediaTypeHeaderValue(type);
        file.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = name, FileName = fileName };
        return file;
    }
}
