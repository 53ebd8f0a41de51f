using QwenMesh.Encoder.Caching;

namespace QwenMesh.Encoder.Tests.Caching;

public sealed class EmbeddingCacheTests
{
    private const int EntryBytes = 1000;

    [Fact]
    public async Task The_least_recently_used_entries_go_when_the_bytes_run_out()
    {
        var cache = new EmbeddingCache(3 * (EntryBytes + 300));
        await GetAsync(cache, 1);
        await GetAsync(cache, 2);
        await GetAsync(cache, 3);
        Assert.Equal(CacheOutcome.Hit, await GetAsync(cache, 1));
        await GetAsync(cache, 4);
        Assert.Equal(CacheOutcome.Hit, await GetAsync(cache, 1));
        Assert.Equal(CacheOutcome.Hit, await GetAsync(cache, 3));
        Assert.Equal(CacheOutcome.Computed, await GetAsync(cache, 2));
        Assert.InRange(cache.Bytes, 3 * EntryBytes, 3 * (EntryBytes + 300));
    }

    [Fact]
    public async Task What_is_larger_than_the_cache_is_not_kept()
    {
        var none = new EmbeddingCache(0);
        Assert.Equal(CacheOutcome.Computed, await GetAsync(none, 1));
        Assert.Equal(CacheOutcome.Computed, await GetAsync(none, 1));
        Assert.Equal(0, none.Bytes);
    }

    [Fact]
    public async Task The_number_of_dropped_rows_is_part_of_the_key()
    {
        var cache = new EmbeddingCache(1 << 20);
        await GetAsync(cache, 1);
        var other = await cache.GetOrComputeAsync(new EmbeddingKey([1], 64), _ => Task.FromResult(Embeds()), default);
        Assert.Equal(CacheOutcome.Computed, other.Outcome);
        Assert.NotEqual(new EmbeddingKey([1, 2], 34), new EmbeddingKey([2, 1], 34));
    }

    [Fact]
    public async Task Simultaneous_calls_compute_once_and_one_that_leaves_does_not_disturb_the_others()
    {
        var cache = new EmbeddingCache(1 << 20);
        var release = new TaskCompletionSource();
        var computed = 0;
        using var impatient = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 5).Select(i => cache.GetOrComputeAsync(Key(1), ComputeAsync, i == 0 ? impatient.Token : default)).ToList();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calls[0]);
        release.SetResult();
        var answers = await Task.WhenAll(calls[1..]);

        Assert.Equal(1, computed);
        Assert.All(answers, answer => Assert.Equal((answers[0].Embeds, CacheOutcome.Joined), answer));
        Assert.Equal(CacheOutcome.Hit, await GetAsync(cache, 1));

        async Task<PromptEmbeds> ComputeAsync(CancellationToken abandoned)
        {
            Interlocked.Increment(ref computed);
            await release.Task.WaitAsync(abandoned);
            return Embeds();
        }
    }

    [Fact]
    public async Task A_computation_without_callers_is_cancelled_and_the_next_call_starts_anew()
    {
        var cache = new EmbeddingCache(1 << 20);
        var ended = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        using var impatient = new CancellationTokenSource();
        var call = cache.GetOrComputeAsync(Key(1), async abandoned =>
        {
            abandoned.Register(ended.SetResult);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, abandoned);
            return Embeds();
        }, impatient.Token);
        await started.Task;
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ended.Task;
        Assert.Equal(CacheOutcome.Computed, await GetAsync(cache, 1));
    }

    [Fact]
    public async Task A_failure_reaches_every_caller_and_is_not_kept()
    {
        var cache = new EmbeddingCache(1 << 20);
        var release = new TaskCompletionSource();
        var calls = Enumerable.Range(0, 3).Select(_ => cache.GetOrComputeAsync(Key(1), async _ =>
        {
            await release.Task;
            throw new InvalidOperationException("no");
        }, default)).ToList();
        release.SetResult();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        }
        Assert.Equal(CacheOutcome.Computed, await GetAsync(cache, 1));
    }

    private static async Task<CacheOutcome> GetAsync(EmbeddingCache cache, int id) =>
        (await cache.GetOrComputeAsync(Key(id), _ => Task.FromResult(Embeds()), TestContext.Current.CancellationToken)).Outcome;

    private static EmbeddingKey Key(int id) => new([id], 34);

    private static PromptEmbeds Embeds() => new(1, EntryBytes / 4, new byte[EntryBytes], TimeSpan.FromSeconds(1));
}
