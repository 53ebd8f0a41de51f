using QwenMesh.Gateway.Dialects.OpenAi;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Tests.OpenAi;

/// <summary>What a stream is told of a job that is drawn again from the beginning.</summary>
public sealed class ProgressTests
{
    private static readonly GenerationRequest Request = new() { Prompt = "x", Seed = 1 };

    [Fact]
    public async Task Nothing_is_told_twice()
    {
        var progress = new OpenAiProgress(previews: 3);
        GenerationEvent[] first = [new GenerationAccepted(Request), Preview(0, 2), Preview(0, 4), Drawn(1)];
        GenerationEvent[] again = [new GenerationAccepted(Request), Preview(0, 2), Preview(0, 4), Drawn(1), Preview(0, 6), Preview(0, 8), Drawn(0), Drawn(0)];
        foreach (var happened in first.Concat(again))
        {
            progress.Report(happened);
        }
        progress.End();
        var told = await progress.Events.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal([first[0], first[1], first[2], first[3], again[4], again[6]], told, ReferenceEqualityComparer.Instance);
    }

    [Fact]
    public async Task Steps_other_pictures_previews_and_withheld_pictures_are_not_told()
    {
        var progress = new OpenAiProgress(previews: 1);
        GenerationEvent[] silent = [new StepProgress(0, 1, 4), new StageProgress("denoise", 0, Ended: true), Preview(1, 2), new PictureDrawn(new GeneratedPicture(0, default, 1, new ImageSize(8, 8)) { IsFiltered = true })];
        foreach (var happened in silent)
        {
            progress.Report(happened);
        }
        progress.End();
        Assert.Empty(await progress.Events.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    private static PreviewDrawn Preview(int picture, int step) => new(picture, step, new byte[] { (byte)step });

    private static PictureDrawn Drawn(int number) => new(new GeneratedPicture(number, new byte[] { 1 }, 1, new ImageSize(8, 8)));
}
