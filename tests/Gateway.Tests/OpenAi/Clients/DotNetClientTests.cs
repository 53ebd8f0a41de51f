using System.ClientModel;
using OpenAI;
using OpenAI.Images;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;

namespace QwenMesh.Gateway.Tests.OpenAi.Clients;

/// <summary>The vendor's client for .NET draws, edits and inpaints.</summary>
public sealed class DotNetClientTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly ImageInfo Half = new(ImageFormat.Png, 512, 512);

    private ImageClient Client => new(
        "qwen-image-edit", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new Uri(shared.Gateway.Http.BaseAddress!, "/v1") });

    [Fact]
    public async Task It_draws()
    {
        var drawn = await Client.GenerateImageAsync("a red circle", new ImageGenerationOptions { Size = new GeneratedImageSize(512, 512) }, TestContext.Current.CancellationToken);
        Assert.Equal(Half, Info(drawn.Value));
    }

    [Fact]
    public async Task It_edits()
    {
        using var file = new MemoryStream(EditFiles.Png(10, 64, 64));
        var edited = await Client.GenerateImageEditAsync(
            file, "a.png", "make it blue", new ImageEditOptions { Size = new GeneratedImageSize(512, 512) }, TestContext.Current.CancellationToken);
        Assert.Equal(Half, Info(edited.Value));
        Assert.Equal(new WirePicture(64, 64, 10), Assert.Single(shared.Mesh.Encoder.Service.Pictures.Last()));
    }

    [Fact]
    public async Task It_inpaints()
    {
        using var file = new MemoryStream(EditFiles.Png(10, 64, 64));
        using var mask = new MemoryStream(EditFiles.Mask(64, 64));
        var edited = await Client.GenerateImageEditAsync(
            file, "a.png", "a hat", mask, "m.png", new ImageEditOptions { Size = new GeneratedImageSize(512, 512) }, TestContext.Current.CancellationToken);
        Assert.Equal(Half, Info(edited.Value));
        Assert.True(shared.Mesh.Denoiser.Service.Requests.Last().Parameters.Inpaint);
    }

    [Fact]
    public async Task What_is_refused_reaches_the_caller()
    {
        using var file = new MemoryStream("no picture"u8.ToArray());
        var refused = await Assert.ThrowsAsync<ClientResultException>(() =>
            Client.GenerateImageEditAsync(file, "a.png", "make it blue", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(400, refused.Status);
    }

    private static ImageInfo Info(GeneratedImage image) => new VipsDecoder().Probe(image.ImageBytes.ToArray(), new ImageLimits());
}
