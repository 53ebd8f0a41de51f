using Microsoft.Extensions.Logging.Abstractions;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>What one attempt keeps and the next one finds.</summary>
public sealed class JobCheckpointsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobs _blobs;

    public JobCheckpointsTests() => _blobs = new FolderBlobs(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_next_attempt_finds_the_newest_one_of_each_picture()
    {
        var first = Begin(fence: 1);
        first.Keep(0, Sample("plan", 5));
        first.Keep(0, Sample("plan", 10));
        first.Keep(1, Sample("plan", 7, isLast: true));
        await first.FlushAsync();

        var second = Begin(fence: 2);
        AssertSame(Sample("plan", 10), await second.FindAsync(0, "plan", Cancellation));
        AssertSame(Sample("plan", 7, isLast: true), await second.FindAsync(1, "plan", Cancellation));
        Assert.Null(await second.FindAsync(2, "plan", Cancellation));
        Assert.Null(await second.FindAsync(0, "another plan", Cancellation));
    }

    [Fact]
    public async Task An_attempt_that_kept_nothing_is_passed_over()
    {
        var first = Begin(fence: 1);
        first.Keep(0, Sample("plan", 5));
        await first.FlushAsync();
        AssertSame(Sample("plan", 5), await Begin(fence: 4).FindAsync(0, "plan", Cancellation));
    }

    [Fact]
    public async Task A_first_attempt_looks_for_nothing() => Assert.Null(await Begin(fence: 1).FindAsync(0, "plan", Cancellation));

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(-1)]
    public async Task A_broken_file_is_none(int length)
    {
        var file = CheckpointFile.Write(Sample("plan", 5)).ToArray();
        if (length < 0)
        {
            file[^1] ^= 1;
        }
        await _blobs.PutAsync(BlobKeys.Checkpoint("job", 1, 0), length < 0 ? file : file.AsMemory(0, length), CheckpointFile.MediaType, Cancellation);
        Assert.Null(await Begin(fence: 2).FindAsync(0, "plan", Cancellation));
    }

    [Fact]
    public async Task They_go_when_the_job_has_ended()
    {
        var first = Begin(fence: 1);
        first.Keep(0, Sample("plan", 5));
        await first.FlushAsync();
        await first.DeleteAsync();
        Assert.Null(await Begin(fence: 2).FindAsync(0, "plan", Cancellation));
    }

    [Fact]
    public void Short_pictures_have_none()
    {
        Assert.False(Begin(fence: 1, pause: 3600).Wants(0));
        Assert.True(Begin(fence: 1, pause: 0).Wants(0));
    }

    private static Checkpoint Sample(string plan, int step, bool isLast = false) =>
        new(plan, step, isLast, [1, 2, 2], new byte[] { 1, 2, 3, (byte)step, 10, 10, 10, 10, 0, 0, 0, 0, 9, 9, 9, 9 });

    private static void AssertSame(Checkpoint expected, Checkpoint? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Plan, expected.Step, expected.IsLast), (found.Plan, found.Step, found.IsLast));
        Assert.Equal(expected.Shape, found.Shape);
        Assert.Equal(expected.Latents.ToArray(), found.Latents.ToArray());
    }

    private JobCheckpoints Begin(long fence, double pause = 0)
    {
        var job = new Job { Id = "job", Dialect = "nim", Owner = "", Request = new GenerationRequest { Prompt = "p", Seed = 1 } };
        var claimed = new ClaimedJob(new JobClaim("job", fence), job, "{}", MaxAttempts: 5, Units: 1, DateTimeOffset.MaxValue);
        return new JobCheckpoints(claimed, _blobs, TimeSpan.FromSeconds(pause), TimeProvider.System, NullLogger<JobCheckpoints>.Instance);
    }
}
