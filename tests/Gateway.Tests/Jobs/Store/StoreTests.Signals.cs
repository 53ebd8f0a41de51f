using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Each_change_raises_its_signals()
    {
        var signals = Store.Signals;
        var queue = signals.Queue.Next;
        var job = await Store.AddAsync(webhook: new WebhookTarget("http://client/"));
        Assert.True(queue.IsCompleted);

        using var watching = signals.Watch(job.Id, out var changed);
        var claimed = await RaisedAsync(changed, () => Store.ClaimAsync());
        await RaisedAsync(changed, () => Store.Jobs.AppendAsync(claimed.Claim, [new JobStep(0, 1, 2)], Appending.First(), Cancellation));
        await RaisedAsync(changed, () => Store.Jobs.CancelAsync(job.Id, Cancellation));
        var (webhooks, ended) = (signals.WebhookDue.Next, signals.Ended.Next);
        await RaisedAsync(changed, () => Store.Jobs.EndAsync(claimed.Claim, [], Success, Cancellation));
        Assert.True(ended.IsCompleted && webhooks.IsCompleted);

        await Store.AddAsync();
        await Store.Jobs.ReleaseAsync((await Store.ClaimAsync(leaseSeconds: 5)).Claim, Store.Time.GetUtcNow(), "again", Cancellation);
        queue = signals.Queue.Next;
        await Store.ClaimAsync(leaseSeconds: 5);
        Store.Time.Advance(TimeSpan.FromSeconds(6));
        await Store.Jobs.RecoverAsync(5, _ => false, Cancellation);
        Assert.True(queue.IsCompleted);
    }

    private static async Task<T> RaisedAsync<T>(Signal signal, Func<Task<T>> action)
    {
        var next = signal.Next;
        var result = await action();
        Assert.True(next.IsCompleted);
        return result;
    }
}
