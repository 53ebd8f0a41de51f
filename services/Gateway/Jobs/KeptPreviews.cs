using System.Collections.Concurrent;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Jobs of which this Gateway has kept previews. Nobody asks for them once the pictures are there, and together they are larger. Those of a Gateway that
/// dies go with their job.
/// </summary>
internal sealed class KeptPreviews(IJobStore store, IBlobStore blobs, TimeProvider time)
{
    /// <summary>Whoever watches a job may be a little behind its end.</summary>
    public static readonly TimeSpan AfterEnd = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, bool> _jobs = new(StringComparer.Ordinal);

    /// <summary>A preview of a job is kept.</summary>
    public void Add(string job) => _jobs[job] = true;

    /// <summary>Removes those of jobs that have ended.</summary>
    /// <exception cref="IOException">The store of files failed; the rest is removed next time.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (var id in _jobs.Keys)
        {
            if (await store.FindAsync(id, cancellationToken) is { } job && !(job.EndedAt + AfterEnd <= time.GetUtcNow()))
            {
                continue;
            }
            // One that comes in meanwhile, of an attempt that has lost its job, names the job again.
            _jobs.TryRemove(id, out _);
            try
            {
                await blobs.DeleteAsync(BlobKeys.Previews(id), cancellationToken);
            }
            catch (Exception)
            {
                Add(id);
                throw;
            }
        }
    }
}
