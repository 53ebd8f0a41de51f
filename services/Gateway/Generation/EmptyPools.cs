using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Routing;

namespace QwenMesh.Gateway.Generation;

/// <summary>
/// Refuses new generations while a pool has no replica that takes calls. One that has just lost its last may be restarting: for a few seconds
/// generations wait for it.
/// </summary>
internal sealed class EmptyPools(StageDirectory stages, IOptions<GatewayOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, long> _since = new(StringComparer.Ordinal);

    /// <exception cref="GenerationException">A pool stays empty.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromSeconds(options.Value.EmptyPoolSeconds);
        foreach (var stage in StageNames.All)
        {
            while (!stages.HasAny(stage))
            {
                if (time.GetElapsedTime(_since.GetOrAdd(stage, _ => time.GetTimestamp())) >= patience)
                {
                    throw new GenerationException(new GenerationFault(stage, FaultKind.Unavailable, $"{stage}: no replica takes calls"));
                }
                await Task.Delay(Look, time, cancellationToken);
            }
            _since.TryRemove(stage, out _);
        }
    }
}
