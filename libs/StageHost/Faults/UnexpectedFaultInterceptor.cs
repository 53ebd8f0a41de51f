using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using QwenMesh.Protocol;

namespace QwenMesh.StageHost;

/// <summary>
/// Sends an exception that no service has handled to the caller as a google.rpc.Status, and logs it in full. What
/// follows from a call that its client has ended is not logged as an error.
/// </summary>
internal sealed partial class UnexpectedFaultInterceptor(
    StageIdentity stage, IEnumerable<IStageFaultSource> sources, ILogger<UnexpectedFaultInterceptor> logger) : Interceptor
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

    // After cancellation or a deadline gRPC reports the status itself. It ends a late call before it cancels the call's token.
    private static bool IsUnexpected(Exception exception, ServerCallContext context) =>
        exception is not RpcException && !context.CancellationToken.IsCancellationRequested && DateTime.UtcNow < context.Deadline;

    private RpcException Fault(Exception exception, ServerCallContext context)
    {
        LogUnexpected(logger, exception, context.Method);
        if (sources.Select(source => source.For(exception)).FirstOrDefault(known => known is not null) is { } fault)
        {
            return fault;
        }
        return StageFaults.Internal(stage.Name, $"the {stage.Name} failed unexpectedly ({exception.GetType().Name}); its log says more");
    }

    [LoggerMessage(3, LogLevel.Error, "{Method} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string method);
}
