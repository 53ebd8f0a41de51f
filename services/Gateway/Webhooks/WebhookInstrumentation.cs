using System.Diagnostics.Metrics;

namespace QwenMesh.Gateway.Webhooks;

/// <summary>Counts attempts; docs/telemetry.md lists the instrument.</summary>
internal sealed class WebhookInstrumentation : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _attempts;

    public WebhookInstrumentation(IMeterFactory meters)
    {
        _meter = meters.Create(GatewayInstrumentation.Name);
        _attempts = _meter.CreateCounter<long>("qwenmesh.gateway.webhooks.attempts", "{attempt}", "Attempts to deliver webhooks.");
    }

    /// <param name="dialect">Of the job.</param>
    /// <param name="outcome">delivered, failed, given_up.</param>
    public void Attempted(string dialect, string outcome) =>
        _attempts.Add(1, new KeyValuePair<string, object?>("dialect", dialect), new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();
}
