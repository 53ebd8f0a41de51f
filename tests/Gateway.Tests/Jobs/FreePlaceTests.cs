using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Jobs;

/// <summary>Who has been answered may ask again at once, also where nothing may wait: what is tidied up after a job takes no place.</summary>
public sealed class FreePlaceTests
{
    [Fact]
    public async Task A_caller_who_has_its_picture_finds_the_place_of_its_job_free()
    {
        using var folder = new TemporaryFolder();
        var hold = new TaskCompletionSource();
        await using var mesh = await FakeMesh.StartAsync(
            settings: new Dictionary<string, string?>
            {
                ["Gateway:MaxConcurrentGenerations"] = "1",
                ["Jobs:MaxQueuedPictures"] = "0",
                ["Jobs:CheckpointSeconds"] = "0", // Every job has one to remove.
            },
            services: services => services.AddSingleton<IBlobStore>(new SlowDeletions(new FolderBlobs(folder.Path), hold.Task)));
        for (var i = 0; i < 3; i++)
        {
            Assert.Single((await mesh.DrawAsync(ManualJobs.Request())).Pictures);
        }
        hold.SetResult();
    }

    private sealed class SlowDeletions(IBlobStore store, Task hold) : IBlobStore
    {
        public Task PutAsync(string key, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellationToken) =>
            store.PutAsync(key, bytes, mediaType, cancellationToken);

        public Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken) => store.GetAsync(key, cancellationToken);

        public async Task DeleteAsync(string prefix, CancellationToken cancellationToken)
        {
            await hold;
            await store.DeleteAsync(prefix, cancellationToken);
        }

        public IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);
    }
}
