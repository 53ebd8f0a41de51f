using QwenMesh.Gateway.Routing;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests.Routing;

public sealed class LeastWorkTests
{
    private static readonly string[] Ids = ["a", "b", "c"];

    private readonly ClusterState _cluster = new("denoiser");
    private readonly DestinationState[] _replicas = [new("a"), new("b"), new("c")];
    private readonly LeastWorkPolicy _policy = new(TimeProvider.System);

    [Fact]
    public void Equal_replicas_take_turns()
    {
        var picked = Enumerable.Range(0, 6).Select(_ => Call(units: 10)).ToArray();
        Assert.All(Ids, id => Assert.Equal(2, picked.Count(id.Equals)));
    }

    [Fact]
    public void Work_counts_and_not_calls()
    {
        var large = _policy.Begin(_cluster, _replicas, units: 100)!;
        Assert.DoesNotContain(large.DestinationId, Enumerable.Range(0, 6).Select(_ => Begin(units: 10)));
        _policy.End(large, 100);
        Assert.Equal(large.DestinationId, Begin(units: 10));
    }

    [Fact]
    public void A_slow_replica_gets_the_share_that_it_is_fast_enough_for()
    {
        _policy.Measured(_replicas[0], units: 10, seconds: 10);
        _policy.Measured(_replicas[1], units: 10, seconds: 1);
        _policy.Measured(_replicas[2], units: 10, seconds: 1);
        var picked = Enumerable.Range(0, 42).Select(_ => Begin(units: 10)).ToArray();
        Assert.InRange(picked.Count("a".Equals), 1, 4);
        Assert.InRange(picked.Count("b".Equals), 17, 22);
    }

    [Fact]
    public void Small_differences_send_nobody_all_calls()
    {
        _policy.Measured(_replicas[0], units: 10, seconds: 1.1);
        _policy.Measured(_replicas[1], units: 10, seconds: 1.0);
        _policy.Measured(_replicas[2], units: 10, seconds: 1.05);
        var picked = Enumerable.Range(0, 6).Select(_ => Call(units: 10)).ToArray();
        Assert.All(Ids, id => Assert.Contains(id, picked));
    }

    [Fact]
    public void No_replica_is_no_pick() => Assert.True(_policy.Begin(_cluster, [], units: 1) is null);

    // One that has ended before the next begins.
    private string Call(double units)
    {
        var picked = _policy.Begin(_cluster, _replicas, units)!;
        _policy.End(picked, units);
        return picked.DestinationId;
    }

    private string Begin(double units) => _policy.Begin(_cluster, _replicas, units)!.DestinationId;
}
