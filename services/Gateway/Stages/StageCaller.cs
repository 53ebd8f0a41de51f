using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;

namespace QwenMesh.Gateway.Stages;

/// <summary>What all calls of one attempt share.</summary>
/// <param name="Deadline">The generation's, UTC.</param>
/// <param name="Avoid">Replicas that failed this generation.</param>
internal sealed record StageCallContext(DateTime Deadline, AvoidedReplicas Avoid);

/// <summary>Every call of the orchestrator to a stage goes through here: replica, deadline, cancellation, failure.</summary>
internal sealed partial class StageCaller(StageDirectory directory, ILogger<StageCaller> logger)
{
    /// <exception cref="StageCallException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<T> CallAsync<T>(
        string stage, StageCallContext context, Func<CallInvoker, CallOptions, Task<T>> call, CancellationToken cancellationToken)
    {
        using var lease = directory.Lease(stage, context.Avoid)
            ?? throw new StageCallException(stage, FaultKind.Unavailable, "no replica takes calls", refused: true);
        if (lease.IsSilent)
        {
            throw new StageCallException(stage, FaultKind.Unavailable, "no replica takes calls", refused: true);
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Silent);
        try
        {
            var result = await call(
                lease.Channel.CreateCallInvoker(), new CallOptions(deadline: context.Deadline, cancellationToken: ended.Token));
            lease.Report(unavailable: false);
            return result;
        }
        catch (RpcException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException
            && lease.Silent.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Lost(lease, stage, context, "has stopped to answer", exception);
        }
        catch (StageStalledException exception)
        {
            throw Lost(lease, stage, context, exception.Message, exception);
        }
        catch (RpcException exception)
        {
            var failure = StageCallException.From(stage, exception);
            lease.Report(failure.ReplicaUnavailable);
            if (failure.Fault.IsTransient)
            {
                context.Avoid.Add(lease.Id);
            }
            LogFailed(logger, stage, lease.Address, exception.StatusCode, exception.Status.Detail, exception);
            throw failure;
        }
        catch (FormatException exception)
        {
            throw Broken(stage, exception.Message, exception);
        }
        catch (InvalidDataException exception)
        {
            throw Broken(stage, exception.Message, exception);
        }
    }

    private StageCallException Lost(StageLease lease, string stage, StageCallContext context, string detail, Exception exception)
    {
        lease.Report(unavailable: true);
        context.Avoid.Add(lease.Id);
        LogLost(logger, stage, lease.Address, detail);
        return new StageCallException(stage, FaultKind.Unavailable, detail, exception);
    }

    /// <summary>The stage's answer breaks the contract.</summary>
    public static StageCallException Broken(string stage, string detail, Exception? inner = null) =>
        new(stage, FaultKind.Internal, $"its answer breaks the contract: {detail}", inner);

    [LoggerMessage(41, LogLevel.Warning, "{Stage} at {Replica} {Detail}; its call is ended")]
    private static partial void LogLost(ILogger logger, string stage, string replica, string detail);

    [LoggerMessage(40, LogLevel.Warning, "{Stage} at {Replica} failed with {Status}: {Detail}")]
    private static partial void LogFailed(ILogger logger, string stage, string replica, StatusCode status, string detail, Exception exception);
}
