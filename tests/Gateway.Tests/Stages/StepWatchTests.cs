using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Tests.Stages;

/// <summary>How long a Denoiser may be silent.</summary>
public sealed class StepWatchTests
{
    [Theory]
    [InlineData(1_000_000, 5)]
    [InlineData(1000, 7200)]
    public void A_limit_that_is_longer_than_any_timer_is_none(double factor, double stepSeconds)
    {
        var time = new Clock();
        using var watch = new StepWatch(TimeSpan.FromSeconds(30), factor, time, TestContext.Current.CancellationToken);
        watch.Started();
        time.Now += TimeSpan.FromSeconds(stepSeconds);
        watch.Step();
        watch.Progressed();
        Assert.True(watch.Limit == Timeout.InfiniteTimeSpan || watch.Limit > TimeSpan.FromDays(1), $"{watch.Limit}");
        Assert.False(watch.IsStalled);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
