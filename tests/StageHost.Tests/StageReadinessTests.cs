namespace QwenMesh.StageHost.Tests;

public sealed class StageReadinessTests
{
    [Fact]
    public void A_stop_is_final_and_keeps_its_first_reason()
    {
        using var readiness = new StageReadiness();
        Assert.False(readiness.IsReady);
        Assert.True(readiness.TurnOn());
        Assert.True(readiness.IsReady);
        Assert.False(readiness.Stopping.IsCancellationRequested);

        readiness.Stop("the model could not be loaded");
        readiness.Stop("the stage is shutting down");
        Assert.True(readiness.Stopping.IsCancellationRequested);
        Assert.Equal("the model could not be loaded", readiness.Reason);
        Assert.False(readiness.TurnOn());
        Assert.False(readiness.IsReady);
    }

    [Fact]
    public async Task A_stop_wins_against_a_load_that_ends_at_the_same_time()
    {
        for (var i = 0; i < 200; i++)
        {
            using var readiness = new StageReadiness();
            using var start = new Barrier(2);
            var stop = Task.Run(() =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                readiness.Stop("the stage is shutting down");
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            readiness.TurnOn();
            await stop;
            Assert.False(readiness.IsReady);
        }
    }
}
