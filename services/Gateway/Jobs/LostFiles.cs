using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Files;

namespace QwenMesh.Gateway.Jobs;

/// <summary>
/// Files that belong to no job: of a submission whose Gateway died before the job was stored, or of an attempt that ended after its job was forgotten.
/// Only what is older than any job can be is looked at, which is little.
/// </summary>
internal sealed class LostFiles(IJobStore store, IBlobStore blobs, IOptions<JobOptions> options, TimeProvider time)
{
    private const int AtATime = 100;

    private static readonly TimeSpan Spare = TimeSpan.FromDays(1);

    private TimeSpan LongestLife => TimeSpan.FromHours(options.Value.DeadlineHours + options.Value.ResultHours) + Spare;

    /// <summary>Removes them.</summary>
    /// <returns>Of how many ids.</returns>
    /// <exception cref="IOException">The store of files failed; the rest is removed next time.</exception>
    public async Task<int> RemoveAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        var some = new List<string>(AtATime);
        await foreach (var id in OldAsync(cancellationToken))
        {
            some.Add(id);
            if (some.Count == AtATime)
            {
                removed += await RemoveAsync(some, cancellationToken);
                some.Clear();
            }
        }
        return removed + await RemoveAsync(some, cancellationToken);
    }

    private async IAsyncEnumerable<string> OldAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var least = TimedId.Least(time.GetUtcNow() - LongestLife);
        await foreach (var id in blobs.ListAsync(BlobKeys.Jobs, cancellationToken))
        {
            if (string.CompareOrdinal(id, least) >= 0)
            {
                yield break; // All that follow are younger.
            }
            if (TimedId.IsOne(id))
            {
                yield return id;
            }
        }
    }

    private async Task<int> RemoveAsync(List<string> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return 0;
        }
        var known = await store.KnownAsync(ids, cancellationToken);
        string[] lost = [.. ids.Where(id => !known.Contains(id))];
        foreach (var id in lost)
        {
            await blobs.DeleteAsync(BlobKeys.All(id), cancellationToken);
        }
        return lost.Length;
    }
}
