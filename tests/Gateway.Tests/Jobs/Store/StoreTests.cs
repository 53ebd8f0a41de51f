using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>Tests that hold on both databases; each has a database of its own.</summary>
public abstract partial class StoreTests : IAsyncLifetime
{
    private protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private protected static readonly JobEnding Success = new(
        JobState.Succeeded, new JobResult([new JobPicture(0, 7, new Gateway.Generation.ImageSize(64, 32), 100, false, 1)], new Gateway.Generation.GenerationTimings { Total = 1.5 }, true, false));

    private readonly List<TestStore> _stores = [];

    private protected TestStore Store { get; private set; } = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await MakeDatabaseAsync();
        Store = await AnotherAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }
        await RemoveDatabaseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task MakeDatabaseAsync();

    private protected abstract Task RemoveDatabaseAsync();

    /// <summary>How a Gateway is told of the test's database.</summary>
    private protected abstract JobOptions Options { get; }

    /// <summary>Another Gateway on the same database, with the same clock.</summary>
    private protected async Task<TestStore> AnotherAsync()
    {
        var store = await TestStore.StartAsync(Options, _stores.FirstOrDefault()?.Time);
        _stores.Add(store);
        return store;
    }
}
