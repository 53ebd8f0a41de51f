using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.Tests.Jobs.Store;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>The leases of one Gateway, over a real store.</summary>
public sealed class JobLeasesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly GatewayIdentity _identity = new();
    private readonly RunningJobs _running = new(Options.Create(new GatewayOptions { MaxConcurrentGenerations = 9 }));
    private TestStore _store = null!;
    private JobLeases _leases = null!;
    private Action _between = () => { };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.StartAsync(new JobOptions { Folder = _folder.Path });
        _leases = new JobLeases(
            new InterruptedStore((JobStore)_store.Jobs) { Before = Interrupt }, _running, _identity,
            Options.Create(new JobOptions { LeaseSeconds = 30, MaxLosses = 1 }), new QuickTimers(_store.Time, 1000), NullLogger<JobLeases>.Instance);
    }

    [Fact]
    public async Task A_job_that_runs_here_stays_here_however_long_it_takes()
    {
        await _store.AddAsync();
        var job = _running.Add(await ClaimAsync());
        await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var before = await LeaseAsync(job);
            _store.Time.Advance(TimeSpan.FromSeconds(10));
            await Eventually.TrueAsync(async () => await LeaseAsync(job) >= before + 10_000_000, "the lease is extended");
        }
        Assert.Equal(StopReason.None, job.Reason);
        Assert.Equal(JobState.Running, (await _store.FindAsync(job.Claim.Id)).State);
    }

    [Fact]
    public async Task A_Gateway_that_stands_still_for_longer_than_a_lease_takes_no_job_from_itself()
    {
        await _store.AddAsync();
        var job = _running.Add(await ClaimAsync());
        // After it has renewed its leases, and before it looks for those that have passed.
        var looks = 0;
        _between = () =>
        {
            _store.Time.Advance(TimeSpan.FromSeconds(31));
            Interlocked.Increment(ref looks);
        };
        await StartAsync();
        await Eventually.TrueAsync(() => Volatile.Read(ref looks) > 2, "it has looked for leases that have passed");
        Assert.Equal(StopReason.None, job.Reason);
        Assert.Equal(JobState.Running, (await _store.FindAsync(job.Claim.Id)).State);
    }

    [Fact]
    public async Task A_job_whose_end_is_asked_for_is_stopped()
    {
        await _store.AddAsync();
        await _store.AddAsync();
        var (asked, other) = (_running.Add(await ClaimAsync()), _running.Add(await ClaimAsync()));
        await _store.Jobs.CancelAsync(asked.Claim.Id, Stop);
        await StartAsync();
        await Eventually.TrueAsync(() => asked.Stopped.IsCancellationRequested, "the job is stopped");
        Assert.Equal((StopReason.Cancelled, StopReason.None), (asked.Reason, other.Reason));
    }

    [Fact]
    public async Task A_job_that_another_Gateway_has_is_stopped_and_the_others_attempt_goes_on()
    {
        await _store.AddAsync();
        var mine = _running.Add(await ClaimAsync());
        _store.Time.Advance(TimeSpan.FromSeconds(31));
        await _store.Jobs.RecoverAsync(5, _ => false, Stop);
        var theirs = await _store.ClaimAsync("another");
        await StartAsync();
        await Eventually.TrueAsync(() => mine.Stopped.IsCancellationRequested, "the job is stopped");
        Assert.Equal(StopReason.Lost, mine.Reason);
        Assert.Equal([new HeldJob(theirs.Claim, false)], await _store.Jobs.RenewAsync("another", [theirs.Claim], TimeSpan.FromSeconds(30), Stop));
    }

    [Fact]
    public async Task Jobs_of_a_Gateway_that_is_not_heard_of_wait_again_and_fail_when_that_happens_too_often()
    {
        var job = await _store.AddAsync();
        await _store.ClaimAsync("dead", leaseSeconds: 30);
        await StartAsync();
        _store.Time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.TrueAsync(async () => (await _store.FindAsync(job.Id)).State == JobState.Queued, "the job waits again");
        await _store.ClaimAsync("dead too", leaseSeconds: 30);
        _store.Time.Advance(TimeSpan.FromSeconds(31));
        await Eventually.TrueAsync(async () => (await _store.FindAsync(job.Id)).State == JobState.Failed, "the job is given up");
    }

    public async ValueTask DisposeAsync()
    {
        await _leases.StopAsync(CancellationToken.None);
        _leases.Dispose();
        await _store.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private void Interrupt(string call)
    {
        if (call == nameof(IJobStore.RecoverAsync))
        {
            _between();
        }
    }

    private Task StartAsync() => _leases.StartAsync(Stop);

    private Task<ClaimedJob> ClaimAsync() => _store.ClaimAsync(_identity.Name, leaseSeconds: 30);

    private async Task<long> LeaseAsync(RunningJob job)
    {
        await using var db = await _store.Contexts.CreateDbContextAsync(Stop);
        return (await db.Jobs.FindAsync([job.Claim.Id], Stop))!.LeaseUntil!.Value;
    }
}
