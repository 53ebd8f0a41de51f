using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.Nim;

/// <summary>Sizes on a model with the released checkpoints' multiple of 16, and with their stages' default limits.</summary>
public sealed class NimSizeTests(ReleasedMesh released) : IClassFixture<ReleasedMesh>
{
    [Theory]
    [InlineData(1000, 700, 124, 86)]
    [InlineData(1328, 1328, 166, 166)]
    [InlineData(1664, 512, 208, 64)]
    [InlineData(513, 1663, 64, 206)]
    [InlineData(1664, 1664, 208, 208)]
    public async Task Any_size_of_the_range_is_returned_as_asked(int width, int height, int latentWidth, int latentHeight)
    {
        using var response = await released.Mesh.Gateway.PostAsync("/v1/infer", $$"""{"prompt":"x","width":{{width}},"height":{{height}}}""");
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, width, height), (await Artifact.ReadAsync(response)).Info);
        var parameters = released.Mesh.Denoiser.Service.Requests.Last().Parameters;
        Assert.Equal((latentWidth, latentHeight), (parameters.LatentWidth, parameters.LatentHeight));
    }
}

/// <summary>Three fakes that describe themselves as Qwen-Image.</summary>
public sealed class ReleasedMesh : IAsyncLifetime
{
    internal FakeMesh Mesh { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Mesh = await FakeMesh.StartAsync(models: (encoder, denoiser, vae) =>
    {
        foreach (var model in new[] { encoder.Model, denoiser.Model, vae.Model })
        {
            (model.ModelId, model.PipelineClass) = ("qwen-image", "QwenImagePipeline");
        }
        denoiser.Model.Denoiser.MaxImageTokens = 16384;
        vae.Model.Vae.ScaleFactor = 8;
    });

    public ValueTask DisposeAsync() => Mesh.DisposeAsync();
}
