using Grpc.Core;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Routing;
using QwenMesh.TensorWire;

namespace QwenMesh.Gateway.Stages;

/// <summary>One call of a generation to a stage, over all of its attempts.</summary>
/// <param name="Pool">Where it may go.</param>
/// <param name="Deadline">The generation's, UTC.</param>
/// <param name="MaxTensorBytes">Bytes of one tensor of the answer.</param>
internal sealed record StageCallContext(StagePool Pool, DateTime Deadline, long MaxTensorBytes)
{
    /// <summary>Replicas that failed this call.</summary>
    public AvoidedReplicas Avoid { get; } = new();

    /// <summary>The work of the next attempt, in units that all calls to the pool have in common.</summary>
    public double Units { get; set; } = 1;

    /// <summary>That the answered attempt took; 0 when nothing was computed.</summary>
    public double ComputeSeconds { get; set; }

    /// <summary>How far the call has come over all attempts, e.g. in steps: what another attempt need not repeat.</summary>
    public int Progress { get; set; }

    /// <summary>Whether the stage has begun to compute, in this attempt.</summary>
    public bool Started { get; set; }
}

/// <summary>Every call of the orchestrator to a stage goes through here: replica, deadline, cancellation, failure.</summary>
internal sealed partial class StageCaller(StageDirectory directory, ILogger<StageCaller> logger)
{
    /// <exception cref="StageCallException">The call failed.</exception>
    /// <exception cref="GenerationException">The Gateway itself could not go on with it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<T> CallAsync<T>(StageCallContext context, Func<CallInvoker, CallOptions, Task<T>> call, CancellationToken cancellationToken)
    {
        var stage = context.Pool.Stage;
        (context.Started, context.ComputeSeconds) = (false, 0);
        using var lease = directory.Lease(context.Pool, context.Avoid, context.Units)
            ?? throw new StageCallException(stage, FaultKind.Unavailable, "no replica takes calls", CallEnd.Refused);
        if (lease.IsSilent)
        {
            throw new StageCallException(stage, FaultKind.Unavailable, "no replica takes calls", CallEnd.Refused);
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Silent);
        try
        {
            var result = await call(
                lease.Channel.CreateCallInvoker(), new CallOptions(deadline: context.Deadline, cancellationToken: ended.Token));
            lease.Report(unavailable: false);
            lease.Measured(context.ComputeSeconds);
            return result;
        }
        catch (RpcException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException
            && lease.Silent.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Lost(lease, context, "has stopped to answer", exception);
        }
        catch (StageStalledException exception)
        {
            throw Lost(lease, context, exception.Message, exception);
        }
        catch (RpcException exception)
        {
            var failure = StageCallException.From(stage, exception, context.Started);
            // A call that breaks after it was taken tells nothing: the request may be the reason, and must not cost others the replica.
            if (failure.End is CallEnd.Answered or CallEnd.Refused)
            {
                lease.Report(unavailable: failure.End == CallEnd.Refused);
            }
            if (failure.Fault.IsTransient || failure.LacksFeature)
            {
                context.Avoid.Add(lease.Id);
            }
            LogFailed(logger, stage, lease.Address, exception.StatusCode, exception.Status.Detail, exception);
            throw failure;
        }
        catch (WireFormatException exception) when (exception.IsDamage)
        {
            LogDamaged(logger, stage, lease.Address, exception.Message);
            throw new StageCallException(stage, FaultKind.Unavailable, "its answer was damaged on the way", CallEnd.Lost, exception);
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException or WireFormatException)
        {
            throw new StageCallException(stage, FaultKind.Internal, $"its answer breaks the contract: {exception.Message}", CallEnd.Answered, exception);
        }
    }

    private StageCallException Lost(StageLease lease, StageCallContext context, string detail, Exception exception)
    {
        lease.Report(unavailable: true);
        context.Avoid.Add(lease.Id);
        LogLost(logger, context.Pool.Stage, lease.Address, detail);
        return new StageCallException(context.Pool.Stage, FaultKind.Unavailable, detail, context.Started ? CallEnd.Died : CallEnd.Lost, exception);
    }

    [LoggerMessage(43, LogLevel.Warning, "{Stage} at {Replica}: the answer was damaged on the way: {Reason}")]
    private static partial void LogDamaged(ILogger logger, string stage, string replica, string reason);

    [LoggerMessage(41, LogLevel.Warning, "{Stage} at {Replica} {Detail}; its call is ended")]
    private static partial void LogLost(ILogger logger, string stage, string replica, string detail);

    [LoggerMessage(40, LogLevel.Warning, "{Stage} at {Replica} failed with {Status}: {Detail}")]
    private static partial void LogFailed(ILogger logger, string stage, string replica, StatusCode status, string detail, Exception exception);
}
