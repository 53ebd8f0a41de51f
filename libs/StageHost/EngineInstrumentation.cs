using System.Diagnostics.Metrics;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>Memory of the engine as metrics; docs/telemetry.md lists them.</summary>
internal sealed class EngineInstrumentation(IMeterFactory meters) : IDisposable
{
    private readonly Meter _meter = meters.Create("QwenMesh.Engine");

    public void Observe(TensorBackend engine)
    {
        var device = new KeyValuePair<string, object?>("device", engine.Device);
        _meter.CreateObservableUpDownCounter(
            "qwenmesh.engine.memory.usage", () => new Measurement<long>(engine.Memory.InUse, device), "By", "Memory held by tensors and weights.");
        _meter.CreateObservableGauge(
            "qwenmesh.engine.memory.peak", () => new Measurement<long>(engine.Memory.Peak, device), "By", "The most memory held since the start.");
    }

    public void Dispose() => _meter.Dispose();
}
