using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Gateway.Tests.Jobs.Store;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>The upkeep over a real store and a real folder, at a time that can be advanced.</summary>
internal sealed class UpkeepStore : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;

    private UpkeepStore(TemporaryFolder folder, TestStore store, GuardrailOptions guardrails)
    {
        (_folder, Store) = (folder, store);
        Blobs = new FaultyBlobs(new FolderBlobs(folder.File("blobs")));
        var options = Options.Create(new JobOptions());
        Previews = new KeptPreviews(store.Jobs, Blobs, store.Time);
        Lost = new LostFiles(store.Jobs, Blobs, options, store.Time);
        Files = new JobFiles(Blobs, new WithholdingGuardrails(0), Previews);
        Upkeep = new JobUpkeep(store.Jobs, Files, Previews, Lost, store.Audit, Options.Create(guardrails), store.Time, NullLogger<JobUpkeep>.Instance);
    }

    public TestStore Store { get; }

    public FaultyBlobs Blobs { get; }

    public KeptPreviews Previews { get; }

    public LostFiles Lost { get; }

    public JobFiles Files { get; }

    public JobUpkeep Upkeep { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<UpkeepStore> StartAsync(GuardrailOptions? guardrails = null)
    {
        var folder = new TemporaryFolder();
        return new UpkeepStore(folder, await TestStore.StartAsync(new JobOptions { Folder = folder.Path }), guardrails ?? new GuardrailOptions());
    }

    /// <summary>A job that runs, with a preview and a picture.</summary>
    public async Task<ClaimedJob> DrawAsync()
    {
        await Store.AddAsync();
        var claimed = await Store.ClaimAsync();
        await Files.KeepAsync(claimed, new PreviewDrawn(0, 3, Bytes("preview")));
        await Files.KeepAsync(claimed, new GeneratedPicture(0, Bytes("picture"), 7, new ImageSize(8, 8)));
        return claimed;
    }

    public Task EndAsync(ClaimedJob claimed) => Store.Jobs.EndAsync(claimed.Claim, [], new JobEnding(JobState.Cancelled), Stop);

    /// <summary>What is kept of a job: its files, e.g. "preview/1-0-3", in order.</summary>
    public string[] Kept(string job)
    {
        var folder = Path.Combine(_folder.File("blobs"), "jobs", job);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)]
            : [];
    }

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public async ValueTask DisposeAsync()
    {
        Upkeep.Dispose();
        await Store.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }
}

/// <summary>A store of files that fails for keys that contain a text.</summary>
internal sealed class FaultyBlobs(IBlobStore store) : IBlobStore
{
    public string? Fault { get; set; }

    public Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken) =>
        Fails(key) ? Failed() : store.PutAsync(key, bytes, mediaType, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken) => store.GetAsync(key, cancellationToken);

    public Task DeleteAsync(string prefix, CancellationToken cancellationToken) => Fails(prefix) ? Failed() : store.DeleteAsync(prefix, cancellationToken);

    public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);

    private bool Fails(string key) => Fault is not null && key.Contains(Fault, StringComparison.Ordinal);

    private static Task Failed() => Task.FromException(new IOException("the disk is full"));
}
