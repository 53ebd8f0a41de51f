using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Orchestration;

public sealed class SeveralPicturesTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "p", NegativePrompt = "n", Seed = 9, Count = 3, Size = new ImageSize(512, 512) };

    [Fact]
    public async Task Three_pictures_have_seeds_in_a_row_and_their_prompts_are_encoded_once()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var result = await mesh.DrawAsync(Request);

        Assert.Equal([(0, 9ul), (1, 10ul), (2, 11ul)], result.Pictures.Select(picture => (picture.Number, picture.Seed)));
        foreach (var picture in result.Pictures)
        {
            var image = new VipsDecoder().Decode(picture.File, new ImageLimits());
            Assert.True(image.Pixels.Span.SequenceEqual(FakeVae.Picture(512, 512, (byte)picture.Seed)));
        }
        Assert.Equal(["p", "n"], Assert.Single(mesh.Encoder.Service.Requests).Prompts);
        Assert.Equal((3, 3), (mesh.Denoiser.Service.Calls.Count, mesh.Vae.Service.Calls.Count));
    }

    [Fact]
    public async Task A_picture_whose_replica_dies_is_drawn_again_and_the_others_are_not()
    {
        await using var mesh = await FakeMesh.StartAsync(denoisers: 2);
        var (died, progress) = (0, new RecordedProgress());
        foreach (var denoiser in mesh.Denoisers)
        {
            denoiser.Service.Dies = seed => seed == 10 && Interlocked.Exchange(ref died, 1) == 0;
            denoiser.Service.BeforeDeath = () => Eventually.TrueAsync(() => progress.Events.OfType<StepProgress>().Any(step => step.Picture == 1), "it computes");
        }
        var result = await mesh.DrawAsync(Request, progress);
        Assert.Equal([9ul, 10ul, 11ul], result.Pictures.Select(picture => picture.Seed));
        Assert.Equal(
            [9ul, 10ul, 10ul, 11ul], mesh.Denoisers.SelectMany(denoiser => denoiser.Service.Requests).Select(request => request.Parameters.Seed).Order());
        Assert.Equal((1, 3), (mesh.Encoder.Service.Calls.Count, mesh.Vae.Service.Calls.Count));
    }
}
