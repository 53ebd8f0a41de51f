using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>Bounds the generations in progress. A generation over the bound is refused, not queued: the stages have queues.</summary>
internal sealed class GenerationSlots(IOptions<GatewayOptions> options)
{
    private readonly int _most = options.Value.MaxConcurrentGenerations;
    private int _taken;

    /// <exception cref="GenerationException">All slots are taken.</exception>
    public IDisposable Take()
    {
        if (Interlocked.Increment(ref _taken) > _most)
        {
            Interlocked.Decrement(ref _taken);
            throw new GenerationException(new GenerationFault(null, FaultKind.Overloaded, $"{_most} generations are in progress; try again later"));
        }
        return new Slot(this);
    }

    private sealed class Slot(GenerationSlots owner) : IDisposable
    {
        private GenerationSlots? _owner = owner;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _owner, null) is { } owner)
            {
                Interlocked.Decrement(ref owner._taken);
            }
        }
    }
}
