using Microsoft.Extensions.Options;

namespace QwenMesh.Gateway;

/// <summary>
/// Keeps the ports open for a while after a stop signal, with readiness off: whoever balances between Gateways has to see that first. The host calls
/// this before it stops the server.
/// </summary>
internal sealed partial class PreStop(IOptions<GatewayOptions> options, TimeProvider time, ILogger<PreStop> logger) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(options.Value.PreStopSeconds);
        if (pause > TimeSpan.Zero)
        {
            LogStopping(logger, pause.TotalSeconds);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(70, LogLevel.Information, "Stopping: not ready, and taking requests for {Seconds} s more")]
    private static partial void LogStopping(ILogger logger, double seconds);
}
