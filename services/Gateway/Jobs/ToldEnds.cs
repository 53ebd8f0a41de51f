namespace QwenMesh.Gateway.Jobs;

/// <summary>Ends that were told, as far as a look into the store may find them again.</summary>
internal sealed class ToldEnds(DateTimeOffset after)
{
    /// <summary>Ends are stored in parallel, and by the clocks of several machines: one may appear so much behind a later one.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);
    private DateTimeOffset _forgotten = after;

    /// <summary>Time of the latest end.</summary>
    public DateTimeOffset Newest { get; private set; } = after;

    /// <summary>Whether it has not been told yet.</summary>
    public bool Add(Job job)
    {
        var at = job.EndedAt!.Value;
        if (!_told.TryAdd(job.Id, at))
        {
            return false;
        }
        Newest = at > Newest ? at : Newest;
        Forget();
        return true;
    }

    // Not at every end: all are looked at.
    private void Forget()
    {
        if (Newest - _forgotten < 4 * Overlap)
        {
            return;
        }
        foreach (var old in _told.Where(told => told.Value <= Newest - (2 * Overlap)).Select(told => told.Key).ToArray())
        {
            _told.Remove(old);
        }
        _forgotten = Newest;
    }
}
