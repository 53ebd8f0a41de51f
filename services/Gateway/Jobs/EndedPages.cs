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
        while (true)
        {
            var page = await store.ListEndedAsync(owner, dialect, after, JobsAtATime, cancellationToken);
            all.AddRange(page);
            if (page.Count < JobsAtATime)
            {
                return all;
            }
            after = page[^1].EndedAt!.Value;
        }
    }
}
