using System.Net;
using System.Text.Json;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>The one artifact of a successful NIM answer.</summary>
internal sealed record Artifact(byte[] File, string FinishReason, ulong Seed, string Body)
{
    public ImageInfo Info => new VipsDecoder().Probe(File, new ImageLimits());

    public static async Task<Artifact> ReadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        var artifact = Assert.Single(json.RootElement.GetProperty("artifacts").EnumerateArray());
        return new Artifact(
            artifact.GetProperty("base64").GetBytesFromBase64(), artifact.GetProperty("finishReason").GetString()!,
            artifact.GetProperty("seed").GetUInt64(), body);
    }
}
