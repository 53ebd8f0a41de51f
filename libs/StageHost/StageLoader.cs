using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QwenMesh.StageHost;

/// <summary>Loads the stage's model, then turns readiness on; turns it off again at the stop signal, while running calls finish.</summary>
internal sealed partial class StageLoader(
    IServiceProvider services, StageReadiness readiness, IHostApplicationLifetime lifetime, ILogger<StageLoader> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.ApplicationStopping.Register(() => readiness.Stop("the stage is shutting down"));
        var started = Stopwatch.GetTimestamp();
        try
        {
            // Resolved only now: hosted services are created before the options are validated, and a model's parts read their options.
            await Task.Run(() => LoadAsync(stoppingToken), stoppingToken);
            if (readiness.TurnOn())
            {
                LogReady(logger, Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            readiness.Stop($"the model could not be loaded: {exception.Message}");
            LogFailed(logger, exception, exception.Message);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task LoadAsync(CancellationToken stoppingToken)
    {
        var model = services.GetRequiredService<IStageModel>();
        services.GetRequiredService<ModelInstrumentation>().Observe(model);
        using var use = services.GetRequiredService<StageGate>().Use();
        await model.LoadAsync(stoppingToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Ready: model loaded and warm after {Seconds:F2} s")]
    private static partial void LogReady(ILogger logger, double seconds);

    [LoggerMessage(2, LogLevel.Critical, "The model could not be loaded: {Reason}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string reason);
}
