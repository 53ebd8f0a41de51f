using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>
/// Refuses new generations while a pool of their model has no replica that takes calls. One that has just lost its last may be restarting: for a few
/// seconds generations wait for it.
/// </summary>
internal sealed class EmptyPools(StageDirectory stages, IOptions<GatewayOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <exception cref="GenerationException">A pool stays empty.</exception>
    public async Task WaitAsync(StagePools pools, CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromSeconds(options.Value.EmptyPoolSeconds);
        foreach (var pool in pools.All)
        {
            while (!stages.HasAny(pool))
            {
                if (time.GetElapsedTime(_since.GetOrAdd(pool.Clusters[0], _ => time.GetTimestamp())) >= patience)
                {
                    throw new GenerationException(new GenerationFault(pool.Stage, FaultKind.Unavailable, $"{pool.Stage}: no replica takes calls"));
                }
                await Task.Delay(Look, time, cancellationToken);
            }
            _since.TryRemove(pool.Clusters[0], out _);
        }
    }
}
