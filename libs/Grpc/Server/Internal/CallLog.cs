using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What the server logs about calls.</summary>
internal sealed partial class CallLog(ILoggerFactory loggerFactory)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler");

    [LoggerMessage(1, LogLevel.Information, "Request content-type of '{ContentType}' is not supported.")]
    public partial void UnsupportedContentType(string? contentType);

    [LoggerMessage(2, LogLevel.Information, "Request protocol of '{Protocol}' is not supported.")]
    public partial void UnsupportedProtocol(string protocol);

    [LoggerMessage(3, LogLevel.Information, "Method '{Path}' is unimplemented.")]
    public partial void Unimplemented(string? path);

    [LoggerMessage(6, LogLevel.Error, "Error when executing service method '{ServiceMethod}'.")]
    public partial void MethodFailed(string serviceMethod, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "Error status code '{StatusCode}' with detail '{Detail}' raised.")]
    public partial void StatusRaised(StatusCode statusCode, string detail, Exception exception);

    [LoggerMessage(8, LogLevel.Debug, "Request with timeout of {Timeout} has exceeded its deadline.")]
    public partial void DeadlineExceeded(TimeSpan timeout);

    [LoggerMessage(9, LogLevel.Debug, "Invalid grpc-timeout header value '{Timeout}' has been ignored.")]
    public partial void InvalidTimeout(string timeout);

    [LoggerMessage(10, LogLevel.Information, "Service method '{ServiceMethod}' ended because the call was cancelled.")]
    public partial void MethodCancelled(string serviceMethod, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "Trailer '{Key}' has characters that a header cannot carry and was left out.")]
    public partial void InvalidTrailer(string key);

    [LoggerMessage(12, LogLevel.Error, "Error when ending the call of '{ServiceMethod}'.")]
    public partial void EndFailed(string serviceMethod, Exception exception);
}
