using System.IO.Compression;
using System.Net;
using System.Text;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>Request bodies with a content encoding.</summary>
public sealed class PackedBodyTests
{
    private const int Limit = 64 << 10;

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("GZIP")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task A_packed_body_is_unpacked(string encoding)
    {
        await using var gateway = await ProbeGateway.StartAsync();
        var (status, text, _) = await PostAsync(gateway, Pack(encoding, Encoding.UTF8.GetBytes("""{"a":"ü"}""")), encoding);
        Assert.Equal((HttpStatusCode.OK, """{"body":{"a":"ü"},"parts":[]}"""), (status, text));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_small_body_that_unpacks_to_a_large_one_is_too_large(string encoding)
    {
        await using var gateway = await ProbeGateway.StartAsync(("MaxRequestBodyBytes", $"{Limit}"));
        var packed = Pack(encoding, new byte[64 << 20]);
        Assert.InRange(packed.Length, 1, (64 << 20) / 500);
        var (status, text, _) = await PostAsync(gateway, packed, encoding);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, $"BodyTooLarge: the request body is larger than {Limit} bytes"), (status, text));
        Assert.Equal(0, gateway.Budget.Taken);
    }

    [Fact]
    public async Task A_packed_body_is_limited_before_it_is_unpacked_too()
    {
        await using var gateway = await ProbeGateway.StartAsync(("MaxRequestBodyBytes", $"{Limit}"));
        // Empty members unpack to nothing, and could go on for ever.
        byte[] member = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var packed = Enumerable.Range(0, (Limit / member.Length) + 2).SelectMany(_ => member).ToArray();
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(gateway, packed, "gzip")).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Damage_is_a_fault_of_the_body(string encoding)
    {
        await using var gateway = await ProbeGateway.StartAsync();
        var packed = Pack(encoding, """{"a":1}"""u8);
        packed[0] = 0x11; // No format begins with it: in br it stands for a window that RFC 7932 does not allow.
        await AssertDamagedAsync(gateway, packed, encoding);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_packed_body_that_ends_too_early_is_not_taken_for_the_whole(string encoding)
    {
        await using var gateway = await ProbeGateway.StartAsync();
        var packed = Pack(encoding, """{"a":1}"""u8);
        for (var length = 1; length < packed.Length; length++)
        {
            await AssertDamagedAsync(gateway, packed[..length], encoding);
        }
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    public async Task Another_encoding_is_refused_with_those_that_are_read(string encoding)
    {
        await using var gateway = await ProbeGateway.StartAsync();
        var (status, text, accepted) = await PostAsync(gateway, [1, 2, 3], encoding);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, status);
        Assert.Equal($"UnsupportedMediaType: content encoding '{encoding}' is not read; read are gzip, deflate, br", text);
        Assert.Equal("gzip, deflate, br", accepted);
    }

    private static async Task AssertDamagedAsync(ProbeGateway gateway, byte[] body, string encoding)
    {
        var (status, text, _) = await PostAsync(gateway, body, encoding);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.StartsWith("InvalidBody: the packed body is damaged: ", text, StringComparison.Ordinal);
    }

    private static byte[] Pack(string encoding, ReadOnlySpan<byte> plain)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "identity" => new BufferedStream(packed),
            _ => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            packer.Write(plain);
            packer.Flush();
            if (encoding == "identity")
            {
                return packed.ToArray();
            }
        }
        return packed.ToArray();
    }

    private static async Task<(HttpStatusCode Status, string Text, string? Accepted)> PostAsync(ProbeGateway gateway, byte[] body, string encoding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        using var response = await gateway.Host.Http.PostAsync(new Uri("/probe/any", UriKind.Relative), content, TestContext.Current.CancellationToken);
        response.Headers.TryGetValues("Accept-Encoding", out var accepted);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), accepted is null ? null : string.Join(", ", accepted));
    }
}
