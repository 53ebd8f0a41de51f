using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using QwenMesh.Gateway.Tests.Fakes;

namespace QwenMesh.Gateway.Tests.Dialects;

/// <summary>What NIM makes of the bodies that the kit reads.</summary>
public sealed class NimBodyTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\n")]
    public async Task An_empty_and_a_blank_prompt_are_drawn_as_they_are(string prompt)
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", JsonSerializer.Serialize(new { prompt, cfg_scale = 1, width = 512, height = 512 }));
        await Artifact.ReadAsync(response);
        Assert.Equal(FakeEncoder.Embedding(prompt), shared.Mesh.Denoiser.Service.Requests.Last().Tensors["prompt_embeds"]);
    }

    [Fact]
    public async Task A_packed_body_is_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync("""{"prompt":"x","width":512,"height":512,"seed":11}"""u8.ToArray(), TestContext.Current.CancellationToken);
        }
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(11ul, (await Artifact.ReadAsync(response)).Seed);
    }

    [Fact]
    public async Task Of_a_field_that_comes_twice_the_last_one_counts()
    {
        using var response = await shared.Gateway.PostAsync("/v1/infer", """{"prompt":7,"seed":1,"prompt":"x","width":512,"height":512,"seed":12}""");
        Assert.Equal(12ul, (await Artifact.ReadAsync(response)).Seed);
    }

    [Theory]
    [InlineData("zstd", HttpStatusCode.UnsupportedMediaType, """{"detail":"content encoding 'zstd' is not read; read are gzip, deflate, br"}""")]
    [InlineData("gzip", HttpStatusCode.UnprocessableEntity, """{"detail":[{"type":"json_invalid","loc":["body",0],"msg":"JSON decode error",""")]
    public async Task What_cannot_be_unpacked_is_told_in_the_vendors_shape(string encoding, HttpStatusCode status, string beginning)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{}"));
        content.Headers.ContentEncoding.Add(encoding);
        using var response = await shared.Gateway.Http.PostAsync(new Uri("/v1/infer", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(status, response.StatusCode);
        Assert.StartsWith(beginning, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
