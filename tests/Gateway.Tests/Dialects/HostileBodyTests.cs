using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>Damaged forms, JSON and packed bodies: every one is read or refused, none is an internal error, and all memory is given back.</summary>
public sealed class HostileBodyTests(ProbeGateway gateway) : IClassFixture<ProbeGateway>
{
    private const int Bodies = 600;

    private const string Form =
        "--b\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\u0001\u0002\u0003\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na \u00e9 circle\r\n--b\r\nContent-Disposition: form-data; name=url\r\n\r\nhttp://a\r\n--b--\r\n";

    private const string Json = """{"prompt":"\ud83c\udfa8","image":["http://a","AAAA"],"n":1e2,"deep":[[{"a":null}]]}""";

    [Theory]
    [InlineData("/probe/form")]
    [InlineData("/probe/pictures")]
    public async Task Every_body_is_answered(string path)
    {
        var random = new Random(20260102);
        var statuses = new Dictionary<HttpStatusCode, int>();
        for (var i = 0; i < Bodies; i++)
        {
            using var content = Invent(random, i);
            var (status, text) = await gateway.PostAsync(path, content);
            Assert.True(
                status is HttpStatusCode.OK or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType,
                $"body {i}: {(int)status}: {text}");
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
        Assert.True(statuses[HttpStatusCode.OK] > Bodies / 20, "nearly all are refused");
        Assert.True(statuses[HttpStatusCode.UnprocessableEntity] > Bodies / 20, "nearly none are refused");
        await Eventually.TrueAsync(() => gateway.Budget.Taken == 0, "all memory is given back");
    }

    private static ByteArrayContent Invent(Random random, int i)
    {
        var isForm = i % 2 == 0;
        var body = Encoding.UTF8.GetBytes(isForm ? Form : Json);
        Damage(random, body, random.Next(0, 4));
        var packed = i % 3 == 0;
        if (packed)
        {
            body = Pack(body);
            Damage(random, body, random.Next(0, 2));
        }
        var content = new ByteArrayContent(body, 0, random.Next(4) == 0 ? random.Next(body.Length) : body.Length);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(isForm ? "multipart/form-data; boundary=b" : "application/json");
        if (packed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }
        return content;
    }

    private static byte[] Pack(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }
        return packed.ToArray();
    }

    private static void Damage(Random random, byte[] body, int times)
    {
        for (; times > 0; times--)
        {
            body[random.Next(body.Length)] = (byte)random.Next(256);
        }
    }
}
