using Microsoft.Extensions.DependencyInjection;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Tests.Fakes;
using Yarp.ReverseProxy;

namespace QwenMesh.Gateway.Tests.Routing;

public sealed class StageLeaseTests(SharedMesh shared) : IClassFixture<SharedMesh>
{
    private static readonly StagePool Pool = new(StageNames.Vae, [StageNames.Vae]);

    [Fact]
    public void A_call_that_outlives_the_channels_is_counted_no_longer()
    {
        var (directory, channels) = Directory();
        var lease = directory.Lease(Pool, new AvoidedReplicas(), units: 1)!;
        Assert.Equal(1, shared.Gateway.Calls(StageNames.Vae));
        channels.Dispose();
        lease.Dispose();
        Assert.Equal(0, shared.Gateway.Calls(StageNames.Vae));
    }

    [Fact]
    public void A_call_without_a_channel_is_not_counted()
    {
        var (directory, channels) = Directory();
        channels.Dispose();
        Assert.Throws<ObjectDisposedException>(() => directory.Lease(Pool, new AvoidedReplicas(), units: 1));
        Assert.Equal(0, shared.Gateway.Calls(StageNames.Vae));
    }

    // The replicas and counts of the running Gateway, with channels of our own.
    private (StageDirectory Directory, StageChannels Channels) Directory()
    {
        var services = shared.Gateway.Services;
        var channels = new StageChannels(services.GetRequiredService<StageTls>());
        return (new StageDirectory(
            services.GetRequiredService<IProxyStateLookup>(), services.GetRequiredService<LeastWorkPolicy>(),
            services.GetRequiredService<EjectionPolicy>(), services.GetRequiredService<SilentReplicas>(), channels), channels);
    }
}
