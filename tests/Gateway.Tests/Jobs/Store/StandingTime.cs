namespace QwenMesh.Gateway.Tests.Jobs.Store;

/// <summary>The time of the day at the beginning, moved forward at will and not by itself: no lease passes while the machine stands still for a while.</summary>
internal sealed class StandingTime : TimeProvider
{
    private readonly DateTimeOffset _begin = TimeProvider.System.GetUtcNow();
    private long _ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => _begin.AddTicks(Interlocked.Read(ref _ticks));
}
