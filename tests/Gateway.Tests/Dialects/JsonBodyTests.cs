using System.Net;
using System.Text;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class JsonBodyTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    [Fact]
    public async Task A_byte_order_mark_is_skipped() =>
        Assert.Equal("""{"body":{"a":1},"parts":[]}""", await ReadAsync([.. Encoding.UTF8.Preamble, .. "{\"a\":1}"u8]));

    [Fact]
    public async Task Of_a_name_that_comes_twice_the_last_one_counts()
    {
        Assert.Equal("""["image Base64 1"]""", (await PostAsync("/probe/pictures", """{"image":"aaa","image":"b"}""")).Text);
    }

    [Theory]
    [InlineData(64, HttpStatusCode.OK)]
    [InlineData(65, HttpStatusCode.UnprocessableEntity)]
    public async Task Lists_in_lists_are_read_to_a_depth_of_64(int depth, HttpStatusCode status) =>
        Assert.Equal(status, (await PostAsync("/probe/json", new string('[', depth) + new string(']', depth))).Status);

    [Theory]
    [InlineData("\"\\ud83c\\udfa8\"", HttpStatusCode.OK)]
    [InlineData("\"\\\\ud800\"", HttpStatusCode.OK)]
    [InlineData("\"\\ud83c\\udfa8\\n\\u0041\"", HttpStatusCode.OK)]
    [InlineData("\"\\ud83c\"", HttpStatusCode.UnprocessableEntity)]
    [InlineData("\"\\ud83cx\"", HttpStatusCode.UnprocessableEntity)]
    [InlineData("\"\\ud83c\\u0041\"", HttpStatusCode.UnprocessableEntity)]
    [InlineData("\"\\udfa8\\ud83c\"", HttpStatusCode.UnprocessableEntity)]
    public async Task Escapes_of_a_character_come_in_pairs(string json, HttpStatusCode status) =>
        Assert.Equal(status, (await PostAsync("/probe/json", json)).Status);

    [Fact]
    public async Task What_is_no_JSON_is_told_without_advice_for_who_reads_it()
    {
        var (status, text) = await PostAsync("/probe/json", """{"a":1,}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("trailing comma", text, StringComparison.Ordinal);
        Assert.DoesNotContain("reader options", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_body_is_none() => Assert.Equal("""{"body":null,"parts":[]}""", await ReadAsync([]));

    private async Task<string> ReadAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        var (status, text) = await gateway.PostAsync("/probe/json", content);
        Assert.Equal(HttpStatusCode.OK, status);
        return text;
    }

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await gateway.PostAsync(path, content);
    }
}
