using Microsoft.Extensions.Options;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>Has the engine give back memory that nothing uses. By a timer, because a stage without calls does nothing by itself.</summary>
internal sealed class UnusedMemory(IOptions<EngineHostOptions> options, TimeProvider time) : IDisposable
{
    private ITimer? _timer;

    public void Watch(TensorBackend engine)
    {
        if (options.Value.KeepSeconds > 0)
        {
            var period = TimeSpan.FromSeconds(options.Value.KeepSeconds);
            _timer = time.CreateTimer(_ => engine.ReleaseUnused(), null, period, period);
        }
    }

    public void Dispose() => _timer?.Dispose();
}
