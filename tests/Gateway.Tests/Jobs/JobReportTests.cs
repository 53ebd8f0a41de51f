using System.Collections.Concurrent;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>What a running job tells, on its way into the store.</summary>
public sealed class JobReportTests : IDisposable
{
    private const string Id = "0198e6b2-7c1d-7aaa-8bbb-123456789abc";

    private static readonly ClaimedJob Claimed = new(
        new JobClaim(Id, 3), new Job { Id = Id, Dialect = "test", Owner = "o", Request = new GenerationRequest { Prompt = "p", Seed = 7, Model = "m" } }, "{}", 1, 1, DateTimeOffset.MaxValue);

    private static readonly PreviewDrawn Preview = new(0, 2, UpkeepStore.Bytes("preview"));
    private static readonly PictureDrawn Picture = new(new GeneratedPicture(0, UpkeepStore.Bytes("picture"), 7, new ImageSize(8, 8)));

    private readonly TemporaryFolder _folder = new();
    private readonly RecordedProgress _local = new();
    private readonly ConcurrentQueue<JobEventData[]> _batches = new();
    private readonly FaultyBlobs _blobs;

    public JobReportTests() => _blobs = new FaultyBlobs(new FolderBlobs(_folder.Path));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_there_before_the_event_that_names_it()
    {
        var without = new ConcurrentQueue<JobEventData>();
        var report = Report(check: async events =>
        {
            foreach (var data in events)
            {
                var key = data is JobPreview preview ? preview.Key : data is JobPictureDrawn ? BlobKeys.Result(Id, 3, 0) : null;
                if (key is not null && await _blobs.GetAsync(key, Stop) is null)
                {
                    without.Enqueue(data);
                }
            }
        });
        report.Report(Preview);
        await Eventually.TrueAsync(() => _batches.SelectMany(batch => batch).OfType<JobPreview>().Any(), "the preview's event is stored");
        report.Report(Picture);
        var (pictures, rest) = await CompleteAsync(report);
        Assert.Equal([Picture.Picture], pictures);
        Assert.Empty(without);
        Assert.Equal([new JobPreview(0, 2, BlobKeys.Preview(Id, 3, 0, 2)), new JobPictureDrawn(new JobPicture(0, 7, new ImageSize(8, 8), 7, false, 3))], Stored(rest));
        Assert.NotNull(await _blobs.GetAsync(BlobKeys.Result(Id, 3, 0), Stop));
        Assert.Equal([Preview, Picture], _local.Events);
    }

    [Fact]
    public async Task Steps_are_stored_together_and_in_their_order()
    {
        var report = Report();
        StepProgress[] steps = [.. Enumerable.Range(1, 200).Select(step => new StepProgress(0, step, 200))];
        foreach (var step in steps)
        {
            report.Report(step);
        }
        var (_, rest) = await CompleteAsync(report);
        Assert.Equal(steps.Select(step => new JobStep(0, step.Step, 200)), Stored(rest));
        Assert.Equal(steps, _local.Events);
        Assert.True(_batches.Count < 20, $"{_batches.Count} transactions");
    }

    [Fact]
    public async Task What_is_urgent_is_stored_before_the_job_ends()
    {
        var report = Report();
        report.Report(new GenerationAccepted(new GenerationRequest { Prompt = "p", Seed = 7, Size = new ImageSize(8, 8), Steps = 4, Guidance = 3 }));
        await Eventually.TrueAsync(() => !_batches.IsEmpty, "the first event is stored");
        Assert.Equal([new JobAccepted("m", new ImageSize(8, 8), 4, 3, 7, 1)], Stored((await CompleteAsync(report)).Events));
    }

    [Theory]
    [InlineData("preview", 0)]
    [InlineData(null, 1)]
    public async Task A_preview_that_cannot_be_kept_or_is_withheld_costs_nothing_but_itself(string? fault, int withheld)
    {
        _blobs.Fault = fault;
        var report = Report(new WithholdingGuardrails(withheld));
        report.Report(Preview);
        report.Report(Picture);
        var (pictures, rest) = await CompleteAsync(report);
        Assert.Equal([Picture.Picture], pictures);
        Assert.IsType<JobPictureDrawn>(Assert.Single(Stored(rest)));
        Assert.Equal([Picture], _local.Events);
        Assert.Null(await _blobs.GetAsync(BlobKeys.Preview(Id, 3, 0, 2), Stop));
    }

    [Fact]
    public async Task A_withheld_picture_is_told_without_its_file_and_is_not_kept()
    {
        var report = Report(new WithheldPictures());
        report.Report(Picture);
        var (pictures, rest) = await CompleteAsync(report);
        var shown = Assert.Single(pictures);
        Assert.Equal((true, 0, 7UL), (shown.IsFiltered, shown.File.Length, shown.Seed));
        Assert.Equal([new JobPictureDrawn(new JobPicture(0, 7, new ImageSize(8, 8), 0, true, 3))], Stored(rest));
        Assert.Equal(0, Assert.IsType<PictureDrawn>(Assert.Single(_local.Events)).Picture.File.Length);
        Assert.Null(await _blobs.GetAsync(BlobKeys.Result(Id, 3, 0), Stop));
    }

    [Fact]
    public async Task A_picture_that_cannot_be_kept_is_a_fault_of_the_attempt()
    {
        _blobs.Fault = "result";
        var report = Report();
        report.Report(Picture);
        var exception = await Assert.ThrowsAsync<GenerationException>(() => CompleteAsync(report));
        Assert.Equal(BlobFaults.Unreachable, exception.Fault);
        Assert.Empty(_local.Events);
        Assert.Empty(_batches);
    }

    [Fact]
    public async Task Pictures_come_in_the_order_of_their_numbers()
    {
        var report = Report();
        foreach (var number in (int[])[2, 0, 1])
        {
            report.Report(new PictureDrawn(Picture.Picture with { Number = number }));
        }
        Assert.Equal([0, 1, 2], (await CompleteAsync(report)).Pictures.Select(picture => picture.Number));
    }

    public void Dispose() => _folder.Dispose();

    private JobReport Report(IGuardrails? guardrails = null, Func<IReadOnlyList<JobEventData>, Task>? check = null)
    {
        var previews = new KeptPreviews(null!, _blobs, TimeProvider.System);
        return new JobReport(Claimed, new JobFiles(_blobs, guardrails ?? new WithholdingGuardrails(0), previews), _local, async events =>
        {
            await (check?.Invoke(events) ?? Task.CompletedTask);
            _batches.Enqueue([.. events]);
        });
    }

    private static async Task<(IReadOnlyList<GeneratedPicture> Pictures, IReadOnlyList<JobEventData> Events)> CompleteAsync(JobReport report) =>
        await report.CompleteAsync().WaitAsync(ManualJobs.Bound, Stop);

    private IEnumerable<JobEventData> Stored(IReadOnlyList<JobEventData> rest) => _batches.SelectMany(batch => batch).Concat(rest);
}
