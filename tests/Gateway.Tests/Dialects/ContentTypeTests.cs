using System.Net;
using System.Text;

namespace QwenMesh.Gateway.Tests.Dialects;

public sealed class ContentTypeTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    [Theory]
    [InlineData("/probe/any", "text/plain", HttpStatusCode.OK)]
    [InlineData("/probe/any", "multipart/form-data; boundary=x", HttpStatusCode.OK)]
    [InlineData("/probe/any", "{", HttpStatusCode.OK)]
    [InlineData("/probe/json", null, HttpStatusCode.OK)]
    [InlineData("/probe/json", "application/json; charset=utf-8", HttpStatusCode.OK)]
    [InlineData("/probe/json", "application/merge-patch+json", HttpStatusCode.OK)]
    [InlineData("/probe/json", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/probe/json", "multipart/form-data; boundary=x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/probe/json", "{", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/probe/form", "application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("/probe/form", "multipart/form-data", HttpStatusCode.UnprocessableEntity)]
    public async Task A_dialect_says_which_types_it_reads(string path, string? type, HttpStatusCode status)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{}"));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        Assert.Equal(status, (await gateway.PostAsync(path, content)).Status);
    }
}
