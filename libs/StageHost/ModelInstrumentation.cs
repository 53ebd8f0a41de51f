using System.Diagnostics.Metrics;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.StageHost;

/// <summary>Which model this replica has; docs/telemetry.md lists the instrument. Queries join it to the stage's other metrics.</summary>
internal sealed class ModelInstrumentation(IMeterFactory meters, StageIdentity stage) : IDisposable
{
    private readonly Meter _meter = meters.Create(MeshTelemetry.StageMeter);

    public void Observe(IStageModel model) => _meter.CreateObservableGauge(
        "qwenmesh.stage.model", () => Measure(model), "{model}", "1 for the model whose weights are mapped.");

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<int>> Measure(IStageModel model)
    {
        if (model.Info is { } info)
        {
            yield return new Measurement<int>(
                1, new KeyValuePair<string, object?>("stage", stage.Name), new KeyValuePair<string, object?>("model", info.ModelId));
        }
    }
}
