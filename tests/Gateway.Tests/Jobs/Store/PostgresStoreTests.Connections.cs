using QwenMesh.Gateway.Jobs;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public sealed partial class PostgresStoreTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Other_gateways_are_woken()
    {
        var other = await AnotherAsync();
        await HearsAsync(other);
        var cancelled = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Signals.OnCancelAsked = id => cancelled.TrySetResult(id);

        var queue = other.Signals.Queue.Next;
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        await queue.WaitAsync(Bound, Cancellation);

        using var watching = other.Signals.Watch(job.Id, out var changed);
        var next = changed.Next;
        var claimed = await Store.ClaimAsync();
        await next.WaitAsync(Bound, Cancellation);
        await Store.Jobs.CancelAsync(job.Id, Cancellation);
        Assert.Equal(job.Id, await cancelled.Task.WaitAsync(Bound, Cancellation));
        var (ended, webhooks) = (other.Signals.Ended.Next, other.Signals.WebhookDue.Next);
        await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation);
        await Task.WhenAll(ended, webhooks).WaitAsync(Bound, Cancellation);
    }

    [Fact]
    public async Task A_listener_that_was_cut_off_comes_back_and_tells_that_all_may_have_changed()
    {
        var other = await AnotherAsync();
        await HearsAsync(other);
        using var watching = other.Signals.Watch("some-job", out var changed);
        var next = changed.Next;
        await _server.EndConnectionsAsync(_database!, Cancellation);
        await next.WaitAsync(Bound, Cancellation);
        await HearsAsync(other);
    }

    [Fact]
    public async Task Lost_connections_lose_and_repeat_nothing()
    {
        const int Jobs = 60;
        const int Appends = 10;
        using var cutting = new CancellationTokenSource();
        var written = 0;
        var cuts = CutAsync(() => Volatile.Read(ref written), cutting.Token);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < Jobs / 6; i++)
            {
                await Store.AddAsync(key: $"{worker}-{i}", webhook: new WebhookTarget("http://client/"));
                var claimed = await ClaimSomeAsync($"gateway{worker}");
                for (var step = 1; step <= Appends; step++)
                {
                    Assert.True(await Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, step, Appends)], Appending.First(), Cancellation));
                    Interlocked.Increment(ref written);
                }
                Assert.True(await Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
            }
        }, Cancellation)));
        await cutting.CancelAsync();
        Assert.True(await cuts > 0);

        var all = await Store.Jobs.ListAsync(new JobQuery { Owner = "owner", Take = 1000 }, Cancellation);
        Assert.Equal(Jobs, all.Total);
        Assert.All(all.Jobs, job => Assert.Equal((JobState.Succeeded, 1), (job.State, job.Attempts)));
        string[] kinds = ["JobQueued", "JobStarted", .. Enumerable.Repeat("JobStep", Appends), "JobEnded"];
        foreach (var job in all.Jobs)
        {
            Assert.Equal(kinds, await Store.EventKindsAsync(job.Id));
        }
        Assert.Equal(Jobs, (await Store.Webhooks.ClaimAsync(1000, Lease, Cancellation)).Select(webhook => webhook.Job.Id).Distinct().Count());
    }

    // A listener hears nothing before it has connected.
    private async Task HearsAsync(TestStore other)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Bound);
        while (true)
        {
            var ended = other.Signals.Ended.Next;
            await Store.Jobs.CancelAsync((await Store.AddAsync()).Id, limit.Token);
            if (await Task.WhenAny(ended, Task.Delay(100, limit.Token)) == ended)
            {
                return;
            }
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    // A transaction whose connection was cut may hold its row for a moment.
    private async Task<ClaimedJob> ClaimSomeAsync(string gateway)
    {
        ClaimedJob? claimed = null;
        await Eventually.TrueAsync(
            async () => (claimed = (await Store.Jobs.ClaimAsync(gateway, 1, TimeSpan.FromHours(1), Cancellation)).SingleOrDefault()) is not null, "a job can be claimed");
        return claimed!;
    }

    // Again when something has been written since: however slow the machine is, the work goes on, and is cut.
    private async Task<int> CutAsync(Func<int> written, CancellationToken cancellationToken)
    {
        for (var cuts = 0; ; cuts++)
        {
            var before = written();
            await _server.EndConnectionsAsync(_database!, CancellationToken.None);
            do
            {
                await Task.Delay(20, CancellationToken.None);
                if (cancellationToken.IsCancellationRequested)
                {
                    return cuts + 1;
                }
            }
            while (written() == before);
        }
    }
}
