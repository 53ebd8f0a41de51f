namespace QwenMesh.Gateway.Jobs;

/// <summary>Lists of ended jobs, page by page.</summary>
internal static class EndedPages
{
    private const int JobsAtATime = 256;

    /// <summary>All jobs of an owner that have ended after a time, in the order of their ends.</summary>
    public static async Task<IReadOnlyList<Job>> ListAllEndedAsync(
        this IJobStore store, string owner, string dialect, DateTimeOffset after, CancellationToken cancellationToken)
    {
        var all = new List<Job>();
        string? afterId = null;
        while (true)
        {
            var page = await store.ListEndedAsync(owner, dialect, after, afterId, JobsAtATime, cancellationToken);
            all.AddRange(page);
            if (page.Count < JobsAtATime)
            {
                return all;
            }
            // Many end at the same time, e.g. when their deadlines have passed.
            (after, afterId) = (page[^1].EndedAt!.Value, page[^1].Id);
        }
    }
}
