using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// A failure that no edge foresaw still reaches the caller as a <see cref="Protocol.V1.StageFault"/>, and the log in full. What follows
/// from the caller's leaving is no failure of the stage.
/// </summary>
internal sealed partial class UnexpectedFaults(StageIdentity stage, ILogger<UnexpectedFaults> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception) when (IsUnexpected(exception, context))
        {
            throw Fault(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception) when (IsUnexpected(exception, context))
        {
            throw Fault(exception, context);
        }
    }

    // What follows from a cancelled call or its deadline is the runtime's to report. The runtime ends a call that is late before it cancels it.
    private static bool IsUnexpected(Exception exception, ServerCallContext context) =>
        exception is not RpcException && !context.CancellationToken.IsCancellationRequested && DateTime.UtcNow < context.Deadline;

    private RpcException Fault(Exception exception, ServerCallContext context)
    {
        if (exception is IOException or OperationCanceledException)
        {
            // A reset stream fails reads and writes before the call's token hears of it.
            LogLeft(logger, exception, context.Method);
            return new RpcException(new Status(StatusCode.Cancelled, "the caller went away"));
        }
        LogUnexpected(logger, exception, context.Method);
        return StageFaults.Internal(stage.Name, $"the {stage.Name} failed unexpectedly ({exception.GetType().Name}); its log says more");
    }

    [LoggerMessage(3, LogLevel.Error, "{Method} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string method);

    [LoggerMessage(4, LogLevel.Information, "{Method} ended: its caller went away")]
    private static partial void LogLeft(ILogger logger, Exception exception, string method);
}
