using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;

namespace QwenMesh.Gateway.Orchestration;

/// <summary>Runs one call of a generation until it is answered, on other replicas when one goes away. What other calls have done is not repeated.</summary>
internal sealed partial class StageRetries(
    StageDirectory replicas, GatewayInstrumentation instrumentation, IOptions<GatewayOptions> options, TimeProvider time, ILogger<StageRetries> logger)
{
    /// <exception cref="GenerationException">It failed for good.</exception>
    public async Task<T> RunAsync<T>(StageCallContext call, Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        var retries = new RetryBudget(options.Value.MaxAttempts, TimeSpan.FromSeconds(options.Value.RetrySeconds), time);
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (StageCallException exception) when (exception.LacksFeature && replicas.HasOther(call.Pool, call.Avoid))
            {
                // During a rolling upgrade another replica may know it.
                LogOlder(logger, call.Pool.Stage, exception.Fault.Detail);
            }
            catch (StageCallException exception)
            {
                retries.Progressed(call.Progress);
                if (!IsWorthRepeating(exception, retries, call))
                {
                    throw new GenerationException(exception.Fault, exception);
                }
                retries.Spend(exception);
                if (retries.IsFirst)
                {
                    LogRepeating(logger, call.Pool.Stage, exception.Fault.Detail);
                }
                instrumentation.Retried(call.Pool.Stage);
                if (!replicas.HasOther(call.Pool, call.Avoid))
                {
                    // The only replica may be restarting.
                    await Task.Delay(retries.Pause, time, cancellationToken);
                }
            }
        }
    }

    // A full replica is left for another one; when all are full, the client gets the refusal.
    private bool IsWorthRepeating(StageCallException exception, RetryBudget retries, StageCallContext call) =>
        retries.Allows(exception) && exception.Fault.Kind switch
        {
            FaultKind.Unavailable => true,
            FaultKind.Overloaded => replicas.HasOther(call.Pool, call.Avoid),
            _ => false,
        };

    [LoggerMessage(52, LogLevel.Debug, "{Stage} asked on another replica: {Reason}")]
    private static partial void LogOlder(ILogger logger, string stage, string reason);

    [LoggerMessage(50, LogLevel.Warning, "{Stage} lost; trying again: {Reason}")]
    private static partial void LogRepeating(ILogger logger, string stage, string reason);
}
