using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Tests.Fakes;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Webhooks;

/// <summary>What a Gateway has not delivered, the next one does.</summary>
public sealed class WebhookRestartTests
{
    private static readonly TimeSpan LongerThanLease = TimeSpan.FromMinutes(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_Gateway_leaves_when_it_stops_the_next_one_delivers_at_once()
    {
        using var folder = new TemporaryFolder();
        var hold = new TaskCompletionSource();
        await using var receiver = await WebhookReceiver.StartAsync((_, _) => hold.Task);
        var settings = WebhookReceiver.Settings(("Jobs:Folder", folder.Path), ("Webhooks:MaxConcurrentPerHost", "1"));
        await using (var first = await FakeMesh.StartAsync(settings: settings, services: HastyForm.Register))
        {
            await first.Gateway.TellAsync(receiver.Address);
            await receiver.UntilAsync(1);
            await first.Gateway.TellAsync(receiver.Address);
            // The second one is taken, and waits for the first.
            await Eventually.TrueAsync(async () => (await first.Gateway.OutboxAsync()).Count(row => row.DueAt > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000) == 2, "both are taken");
            var stopped = first.Gateway.Dispatcher().StopAsync(Stop);
            hold.SetResult();
            await stopped.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            Assert.Single(await receiver.UntilAsync(1));
        }
        await using var second = await FakeMesh.StartAsync(settings: settings, services: HastyForm.Register);
        await second.Gateway.DoneAsync(2);
        Assert.Equal(2, receiver.Received.Select(webhook => webhook.Id).Distinct().Count());
        Assert.All(receiver.Received, webhook => Assert.Equal("""{"attempt":1}""", webhook.Body));
    }

    [Fact]
    public async Task What_a_killed_Gateway_was_delivering_comes_again_after_its_lease_and_has_lost_no_attempt()
    {
        using var folder = new TemporaryFolder();
        var isAway = true;
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => isAway ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask);
        var settings = WebhookReceiver.Settings(("Jobs:Folder", folder.Path));
        await using (var first = await FakeMesh.StartAsync(settings: settings))
        {
            await first.Gateway.TellAsync(receiver.Address, dialect: "");
            await receiver.UntilAsync(1);
        }
        isAway = false;
        await using var second = await FakeMesh.StartAsync(
            settings: settings, services: services => services.Add(new(typeof(TimeProvider), new ShiftedTime { Shift = LongerThanLease })));
        Assert.Equal(0, Assert.Single(await second.Gateway.DoneAsync()).Attempt);
        Assert.Equal(2, receiver.Received.Count);
        Assert.Single(receiver.Received.Select(webhook => webhook.Id).Distinct());
    }

    [Fact]
    public async Task An_attempt_that_has_failed_counts_for_the_next_Gateway_too()
    {
        using var folder = new TemporaryFolder();
        await using var receiver = await WebhookReceiver.StartAsync(500, 200);
        var settings = WebhookReceiver.Settings(("Jobs:Folder", folder.Path));
        await using (var first = await FakeMesh.StartAsync(settings: settings, services: Register))
        {
            await first.Gateway.TellAsync(receiver.Address);
            await Eventually.TrueAsync(async () => (await first.Gateway.OutboxAsync()).SingleOrDefault()?.Reason == "status 500", "the failure is noted");
        }
        await using var second = await FakeMesh.StartAsync(
            settings: settings, services: services =>
            {
                Register(services);
                services.AddSingleton<TimeProvider>(new ShiftedTime { Shift = LongerThanLease });
            });
        Assert.Equal(1, Assert.Single(await second.Gateway.DoneAsync()).Attempt);
        Assert.Equal(2, receiver.Received.Count);

        // The first Gateway does not come to its second attempt, however long it takes to see its first one fail.
        static void Register(IServiceCollection services) => HastyForm.Register(services, pause: LongerThanLease / 1.5);
    }
}
