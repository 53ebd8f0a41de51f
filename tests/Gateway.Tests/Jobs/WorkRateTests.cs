using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Tests.Jobs;

public sealed class WorkRateTests
{
    [Fact]
    public void Nothing_is_said_before_something_is_measured()
    {
        var rate = new WorkRate();
        rate.Add(100, TimeSpan.Zero);
        Assert.Equal((0, null), (rate.OfOneJob, rate.TimeFor(100, 1)));
    }

    [Fact]
    public void The_time_follows_from_the_work_the_rate_and_the_jobs_at_a_time()
    {
        var rate = new WorkRate();
        rate.Add(1000, TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(5), rate.TimeFor(500, 1));
        Assert.Equal(TimeSpan.FromSeconds(5), rate.TimeFor(500, 0));
        Assert.Equal(TimeSpan.FromSeconds(1.25), rate.TimeFor(500, 4));
        Assert.Equal(TimeSpan.FromHours(1), rate.TimeFor(long.MaxValue, 1));
    }

    [Fact]
    public void New_jobs_move_the_rate_by_a_fifth()
    {
        var rate = new WorkRate();
        rate.Add(100, TimeSpan.FromSeconds(1));
        rate.Add(200, TimeSpan.FromSeconds(1));
        Assert.Equal(120, rate.OfOneJob, 6);
        rate.Add(120, TimeSpan.FromSeconds(1));
        Assert.Equal(120, rate.OfOneJob, 6);
    }

    [Theory]
    [InlineData(1024, 1024, 50, 1, 50_000)]
    [InlineData(512, 1024, 50, 1, 25_000)]
    [InlineData(1024, 1024, 50, 3, 150_000)]
    [InlineData(16, 16, 1, 1, 1)]
    public void Work_is_pixels_times_steps(int width, int height, int steps, int count, long units) =>
        Assert.Equal(units, WorkUnits.Of(new ImageSize(width, height), steps, count));
}
