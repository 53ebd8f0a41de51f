using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Calls;

internal static partial class CallLog
{
    [LoggerMessage(1, LogLevel.Debug, "Starting gRPC call {Method}.", EventName = "StartingCall")]
    public static partial void Starting(ILogger logger, string method);

    public static void Ended(ILogger logger, string method, Status status)
    {
        if (status.StatusCode == StatusCode.OK)
        {
            Finished(logger, method);
        }
        else
        {
            Failed(logger, method, status.StatusCode, status.Detail, status.DebugException);
        }
    }

    [LoggerMessage(2, LogLevel.Debug, "Finished gRPC call {Method}.", EventName = "FinishedCall")]
    private static partial void Finished(ILogger logger, string method);

    [LoggerMessage(3, LogLevel.Information, "gRPC call {Method} failed. Status code: '{StatusCode}', Message: '{Detail}'.", EventName = "GrpcStatusError")]
    private static partial void Failed(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);
}
