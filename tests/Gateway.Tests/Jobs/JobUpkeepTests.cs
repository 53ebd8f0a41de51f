using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>What has had its time goes, and nothing else.</summary>
public sealed class JobUpkeepTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_expired_job_is_forgotten_with_its_files_and_others_stay()
    {
        await using var kept = await UpkeepStore.StartAsync();
        var (old, running) = (await kept.DrawAsync(), await kept.DrawAsync());
        await kept.EndAsync(old);
        kept.Store.Time.Advance(TimeSpan.FromHours(24.1));
        await kept.Upkeep.ForgetAsync(Stop);
        Assert.Null(await kept.Store.Jobs.FindAsync(old.Claim.Id, Stop));
        Assert.Empty(kept.Kept(old.Claim.Id));
        Assert.Equal(JobState.Running, (await kept.Store.FindAsync(running.Claim.Id)).State);
        Assert.Equal(["preview/1-0-3", "result-1-0"], kept.Kept(running.Claim.Id));
    }

    [Fact]
    public async Task A_job_whose_files_cannot_be_removed_is_forgotten_when_they_can_be()
    {
        await using var kept = await UpkeepStore.StartAsync();
        var (stuck, other) = (await kept.DrawAsync(), await kept.DrawAsync());
        await kept.EndAsync(stuck);
        await kept.EndAsync(other);
        kept.Store.Time.Advance(TimeSpan.FromHours(24.1));
        kept.Blobs.Fault = stuck.Claim.Id;
        await kept.Upkeep.ForgetAsync(Stop);
        // As after a Gateway that has died in between: the row says that there is something to remove.
        Assert.NotNull(await kept.Store.Jobs.FindAsync(stuck.Claim.Id, Stop));
        Assert.Null(await kept.Store.Jobs.FindAsync(other.Claim.Id, Stop));

        kept.Blobs.Fault = null;
        await kept.Upkeep.ForgetAsync(Stop);
        Assert.Null(await kept.Store.Jobs.FindAsync(stuck.Claim.Id, Stop));
        Assert.Empty(kept.Kept(stuck.Claim.Id));
    }

    [Fact]
    public async Task However_many_have_expired_one_round_forgets_all()
    {
        await using var kept = await UpkeepStore.StartAsync();
        for (var i = 0; i < 205; i++)
        {
            await kept.Store.Jobs.CancelAsync((await kept.Store.AddAsync()).Id, Stop);
        }
        kept.Store.Time.Advance(TimeSpan.FromHours(24.1));
        await kept.Upkeep.ForgetAsync(Stop);
        Assert.Equal(0, (await kept.Store.Jobs.ListAsync(new JobQuery { Owner = "owner" }, Stop)).Total);
    }

    [Fact]
    public async Task Previews_go_a_minute_after_the_end_and_pictures_stay()
    {
        await using var kept = await UpkeepStore.StartAsync();
        var (ended, running) = (await kept.DrawAsync(), await kept.DrawAsync());
        await kept.EndAsync(ended);
        await kept.Previews.RemoveAsync(Stop);
        Assert.Equal(["preview/1-0-3", "result-1-0"], kept.Kept(ended.Claim.Id));

        kept.Store.Time.Advance(KeptPreviews.AfterEnd);
        kept.Blobs.Fault = "preview";
        await Assert.ThrowsAsync<IOException>(() => kept.Previews.RemoveAsync(Stop));
        kept.Blobs.Fault = null;
        await kept.Previews.RemoveAsync(Stop);
        Assert.Equal(["result-1-0"], kept.Kept(ended.Claim.Id));
        Assert.Equal(["preview/1-0-3", "result-1-0"], kept.Kept(running.Claim.Id));
    }

    [Fact]
    public async Task Old_files_that_no_job_has_are_removed()
    {
        await using var kept = await UpkeepStore.StartAsync();
        var now = kept.Store.Time.GetUtcNow();
        var waiting = await kept.Store.AddAsync(deadline: TimeSpan.FromDays(9));
        string[] lost = [.. Enumerable.Range(0, 101).Select(i => TimedId.New(now.AddSeconds(-i)))];
        var young = TimedId.New(now.AddDays(3));
        foreach (var id in (string[])[.. lost, waiting.Id, young, "0-of-somebody-else"])
        {
            await kept.Blobs.PutAsync(BlobKeys.Input(id, "reference", 0), UpkeepStore.Bytes("x"), "image/png", Stop);
        }
        Assert.Equal(0, await kept.Lost.RemoveAsync(Stop));
        // Past a day for the deadline, one for the result, and one to spare.
        kept.Store.Time.Advance(TimeSpan.FromDays(3.1));
        Assert.Equal(101, await kept.Lost.RemoveAsync(Stop));
        Assert.Equal(["0-of-somebody-else", waiting.Id, young], await kept.Blobs.ListAsync(BlobKeys.Jobs, Stop).ToArrayAsync(Stop));
    }

    [Theory]
    [InlineData(90, 1)]
    [InlineData(0, 2)]
    public async Task Audit_records_are_kept_for_their_days(double days, int left)
    {
        await using var kept = await UpkeepStore.StartAsync(new GuardrailOptions { AuditDays = days });
        foreach (var age in (double[])[91, 89])
        {
            await kept.Store.Audit.RecordAsync(new AuditRecord(kept.Store.Time.GetUtcNow().AddDays(-age), "o", null, "prompt", "deny:0", "ab"), Stop);
        }
        await kept.Upkeep.ForgetAuditAsync(Stop);
        Assert.Equal(left, (await kept.Store.Audit.ListAsync(9, Stop)).Count);
    }
}
