using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Imaging;
using QwenMesh.Protocol;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Orchestration;

public sealed class ProgressTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "p", Seed = 9, Size = new ImageSize(512, 512), Steps = 4 };

    [Fact]
    public async Task Everything_is_told_in_order()
    {
        await using var mesh = await FakeMesh.StartAsync();
        mesh.Denoiser.Service.Steps = 2;
        var progress = new RecordedProgress();
        var result = await mesh.DrawAsync(Request, progress);

        var accepted = Assert.IsType<GenerationAccepted>(progress.Events.First());
        Assert.Equal((new ImageSize(512, 512), 4, 4.0), (accepted.Request.Size!.Value, accepted.Request.Steps!.Value, accepted.Request.Guidance!.Value));
        Assert.Equal(
            [
                Begins("encode"), Ends("encode"), Begins("denoise"), new StepProgress(0, 1, 4), new StepProgress(0, 2, 4), Ends("denoise"),
                Begins("decode"), Ends("decode"), Begins("image"), Ends("image"), new PictureDrawn(result.Pictures[0]),
            ],
            progress.Events.Skip(1));
    }

    [Fact]
    public async Task Previews_are_files_and_come_before_their_picture()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var (denoiser, hold) = (mesh.Denoiser.Service, new TaskCompletionSource());
        (denoiser.Steps, denoiser.HoldAfterStep, denoiser.Calls.Hold) = (4, true, hold.Task);
        var progress = new RecordedProgress();
        var drawing = mesh.DrawAsync(Request with { PreviewInterval = 2 }, progress);
        await Eventually.TrueAsync(() => progress.Events.OfType<PreviewDrawn>().Any(), "a preview has come");
        hold.SetResult();
        await drawing;

        var first = progress.Events.OfType<PreviewDrawn>().First();
        Assert.Equal((0, 2), (first.Picture, first.Step));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 512, 512), new VipsDecoder().Probe(first.File, new ImageLimits()));
        Assert.IsType<PictureDrawn>(progress.Events.Last());
    }

    [Fact]
    public async Task A_preview_that_fails_costs_nothing()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var (denoiser, hold) = (mesh.Denoiser.Service, new TaskCompletionSource());
        (denoiser.Steps, denoiser.HoldAfterStep, denoiser.Calls.Hold) = (2, true, hold.Task);
        mesh.Vae.Service.Calls.FailNext(StageFaults.Internal("vae", "broken"));
        var progress = new RecordedProgress();
        var drawing = mesh.DrawAsync(Request with { PreviewInterval = 2 }, progress);
        await Eventually.TrueAsync(() => mesh.Vae.Service.Calls.Count == 1, "the preview has failed");
        hold.SetResult();
        Assert.Single((await drawing).Pictures);
        Assert.Empty(progress.Events.OfType<PreviewDrawn>());
        Assert.Equal((1, 2), (denoiser.Calls.Count, mesh.Vae.Service.Calls.Count));
    }

    [Fact]
    public async Task A_preview_that_takes_long_does_not_delay_the_picture()
    {
        await using var mesh = await FakeMesh.StartAsync();
        var (denoiser, hold, calls) = (mesh.Denoiser.Service, new TaskCompletionSource(), mesh.Vae.Service.Calls);
        (denoiser.Steps, denoiser.HoldAfterStep, denoiser.Calls.Hold) = (2, true, hold.Task);
        calls.Hold = new TaskCompletionSource().Task;
        var drawing = mesh.DrawAsync(Request with { PreviewInterval = 2 });
        await calls.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        calls.Hold = Task.CompletedTask; // For the picture; the preview waits for ever.
        hold.SetResult();
        Assert.Single((await drawing).Pictures);
        await calls.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static StageProgress Begins(string stage) => new(stage, 0, Ended: false);

    private static StageProgress Ends(string stage) => new(stage, 0, Ended: true);
}
