using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Vae.Tests;

/// <summary>What the stage says of itself.</summary>
public sealed class ModelInfoTests(VaeHost host) : IClassFixture<VaeHost>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Model_info_tells_what_is_served()
    {
        var info = await host.Info.GetModelInfoAsync(new GetModelInfoRequest(), cancellationToken: Stop);
        Assert.Equal("qwen-image-nano", info.ModelId);
        Assert.Equal("vae", info.Component);
        Assert.Equal("QwenImageEditPlusPipeline", info.PipelineClass);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(VaeHost.Model, "vae", "config.json"), Stop), info.ComponentConfig);
        Assert.Equal((32, 12, 1_100_000), (info.Vae.ScaleFactor, info.Vae.LatentChannels, info.Vae.MaxPixels));
        Assert.Equal([StageFeatures.VaeEncode, StageFeatures.FloatOutput], info.Features);
        Assert.Equal(DataType.Float32, info.ComputeDtype);
        Assert.Equal([DataType.Float32], info.WireDtypes);
        Assert.Equal((1, 64), (info.Limits.MaxConcurrentCalls, info.Limits.MaxQueuedCalls));
        Assert.Equal(64, info.Fingerprint.Length);
    }

    [Fact]
    public async Task Metrics_and_health_are_served()
    {
        var answer = await host.Client.DecodeAsync(
            VaeCalls.Decode(VaeCalls.Frames("latents", DataType.Float32, [host.LatentChannels, 1, 1], new byte[host.LatentChannels * 4])), Stop);
        await host.Client.EncodeAsync(VaeCalls.Encode(VaeCalls.Frames("image", DataType.Uint8, answer.Shape, answer.Bytes)), Stop);
        using var http = new HttpClient { BaseAddress = host.Http };
        var metrics = await http.GetStringAsync("/metrics", Stop);
        Assert.Contains("qwenmesh_vae_decode_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.Contains("qwenmesh_vae_encode_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.True((await http.GetAsync("/health/ready", Stop)).IsSuccessStatusCode);
    }
}
