using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.Tests.Guardrails;
using QwenMesh.Gateway.Tests.Jobs.Store;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>How much may wait, over a real store. A picture of 1024 x 1024 with 50 steps is 50,000 units.</summary>
public sealed class JobAdmissionTests : IAsyncLifetime
{
    private const long Picture = 50_000;

    private readonly TemporaryFolder _folder = new();
    private readonly StillClock _clock = new();
    private readonly WorkRate _rate = new();
    private readonly RunningJobs _running = new(Options.Create(new GatewayOptions { MaxConcurrentGenerations = 1 }));
    private TestStore _store = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _clock.Pass(1000);
        _store = await TestStore.StartAsync(new JobOptions { Folder = _folder.Path });
    }

    [Fact]
    public async Task Work_waits_up_to_the_bound_counted_in_units()
    {
        await AddAsync(Picture);
        var admission = Admission(pictures: 2);
        await admission.AdmitAsync(Picture - 1, Stop);
        Assert.Equal(new QueueLoad(1, Picture, 0, 0), admission.Load with { OldestQueued = null });
        // What it has let in counts at once, though the store has not been looked at again.
        Assert.Equal("1 jobs are waiting; try again later", (await RefusedAsync(admission, 2)).Detail);
        await admission.AdmitAsync(1, Stop);
        await RefusedAsync(admission, 1);
    }

    [Fact]
    public async Task A_job_that_is_larger_than_the_queue_waits_alone()
    {
        var admission = Admission(pictures: 1);
        await admission.AdmitAsync(100 * Picture, Stop);
        await RefusedAsync(admission, 1);
    }

    [Fact]
    public async Task Where_nothing_may_wait_a_job_needs_room_to_run()
    {
        var admission = Admission(pictures: 0);
        await admission.AdmitAsync(Picture, Stop);
        await RefusedAsync(admission, 1);

        var claimed = await AddAndClaimAsync();
        _clock.Pass(1);
        _running.Add(claimed);
        await RefusedAsync(admission, 1);
    }

    [Fact]
    public async Task What_this_Gateway_has_begun_waits_no_more()
    {
        var admission = Admission(pictures: 1);
        await AddAsync(Picture);
        await RefusedAsync(admission, 1);
        admission.Begun([await _store.ClaimAsync()]);
        await admission.AdmitAsync(Picture, Stop);
    }

    [Fact]
    public async Task The_queue_is_looked_at_again_after_a_while()
    {
        var admission = Admission(pictures: 1);
        await admission.AdmitAsync(1, Stop);
        await AddAsync(Picture);
        await admission.AdmitAsync(1, Stop);
        Assert.Equal(0, admission.Load.QueuedJobs);
        _clock.Pass(1);
        await RefusedAsync(admission, 1);
        Assert.Equal(1, admission.Load.QueuedJobs);
    }

    [Fact]
    public async Task Who_comes_while_the_queue_is_looked_at_waits_for_that_and_is_counted()
    {
        using var look = new ManualResetEventSlim();
        var admission = Admission(pictures: 1, new InterruptedStore((JobStore)_store.Jobs)
        {
            Before = _ => Assert.True(look.Wait(TimeSpan.FromSeconds(60), Stop), "the look is not let go on"),
        });
        await Task.Run(admission.RefuseWhenFull, Stop);
        var admitted = admission.AdmitAsync(Picture, Stop);
        Assert.False(admitted.IsCompleted);
        look.Set();
        await admitted;
        await RefusedAsync(admission, 1);
    }

    [Fact]
    public async Task The_refused_are_told_when_to_come_again_by_the_measured_rate()
    {
        await AddAsync(Picture + 1);
        var admission = Admission(pictures: 1);
        var fault = await RefusedAsync(admission, Picture);
        Assert.Equal((FaultKind.Overloaded, null), (fault.Kind, fault.RetryAfter));

        // What must be done first: as much as there is too much, and at least as much as is asked for.
        _rate.Add(1000, TimeSpan.FromSeconds(1));
        Assert.Equal(50.001, (await RefusedAsync(admission, Picture)).RetryAfter!.Value.TotalSeconds, 6);
        await AddAsync(10_000);
        _clock.Pass(1);
        Assert.Equal(60.001, (await RefusedAsync(admission, Picture)).RetryAfter!.Value.TotalSeconds, 6);
        // Two jobs at a time are twice as fast.
        await AddAsync(1);
        await AddAsync(1);
        Assert.Equal(2, (await _store.Jobs.ClaimAsync("gateway", 2, TimeSpan.FromSeconds(60), Stop)).Count);
        _clock.Pass(1);
        Assert.Equal(30, (await RefusedAsync(admission, 60_000)).RetryAfter!.Value.TotalSeconds, 6);
        Assert.Equal((2, 2L, 2), (admission.Load.QueuedJobs, admission.Load.QueuedUnits, admission.Load.RunningJobs));
    }

    [Fact]
    public async Task A_full_queue_is_known_before_a_body_is_read_once_it_has_been_looked_at()
    {
        await AddAsync(Picture);
        var admission = Admission(pictures: 1);
        admission.RefuseWhenFull();
        await Eventually.TrueAsync(() => admission.Load.QueuedJobs == 1, "the queue has been looked at");
        Assert.Throws<GenerationException>(admission.RefuseWhenFull);
        _clock.Pass(1);
        admission.RefuseWhenFull(); // What was known is too old.
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private JobAdmission Admission(double pictures, IJobStore? store = null) =>
        new(store ?? _store.Jobs, _rate, _running, Options.Create(new JobOptions { MaxQueuedPictures = pictures }), _clock);

    private Task<Job> AddAsync(long units)
    {
        _store.Time.Advance(TimeSpan.FromMilliseconds(2)); // The order of the ids is that of their times.
        return _store.Jobs.AddAsync(_store.New() with { Units = units }, Stop);
    }

    private async Task<ClaimedJob> AddAndClaimAsync()
    {
        await AddAsync(Picture);
        return await _store.ClaimAsync();
    }

    private static async Task<GenerationFault> RefusedAsync(JobAdmission admission, long units)
    {
        var refused = await Assert.ThrowsAsync<GenerationException>(() => admission.AdmitAsync(units, Stop));
        Assert.Equal(FaultKind.Overloaded, refused.Fault.Kind);
        return refused.Fault;
    }
}
