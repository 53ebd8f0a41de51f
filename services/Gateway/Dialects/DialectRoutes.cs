using System.Globalization;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Dialects.Bodies;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.OpenApi;

namespace QwenMesh.Gateway.Dialects;

/// <summary>
/// Routes of a dialect. Whatever a handler throws becomes the dialect's own error; a client that is refused while it still sends its body can read
/// the answer.
/// </summary>
public static partial class DialectRoutes
{
    /// <summary>Maps a route; the handler writes the response, or throws.</summary>
    /// <param name="endpoints">What <see cref="IDialect.Map"/> is given.</param>
    /// <param name="dialect">Words the errors.</param>
    /// <param name="method">E.g. "POST". HEAD is answered wherever GET is.</param>
    /// <param name="pattern">E.g. "/v1/genai/{publisher}/{model}".</param>
    /// <param name="handle">Answers one request, whose caller has been let in.</param>
    /// <param name="access">Who may call it; null: whoever has a key, and POST draws.</param>
    /// <returns>For the route's description, e.g. by <c>WithSummary</c>.</returns>
    public static IEndpointConventionBuilder MapCall(
        this IEndpointRouteBuilder endpoints, IDialect dialect, string method, string pattern, Func<DialectCall, Task> handle,
        RouteAccess? access = null)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(handle);
        var services = endpoints.ServiceProvider.GetRequiredService<DialectServices>();
        return endpoints.MapMethods(pattern, [method], context => RunAsync(new DialectCall(context, services), dialect, services, handle))
            .WithAccess(access ?? RouteAccess.ByMethod).WithMetadata(dialect).Listed();
    }

    private static async Task RunAsync(DialectCall call, IDialect dialect, DialectServices services, Func<DialectCall, Task> handle)
    {
        var context = call.Context;
        try
        {
            await handle(call);
        }
        catch (OperationCanceledException) when (call.Aborted.IsCancellationRequested)
        {
            LogLeft(services.Logger);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, Error(exception, services.Logger), dialect.WriteErrorAsync, services.Gateway, call.HasReadBody);
        }
    }

    /// <summary>Writes an error, so that a client that still sends its body can read it.</summary>
    internal static async Task RefuseAsync(
        HttpContext context, DialectError error, Func<HttpContext, DialectError, Task> write, GatewayOptions options, bool hasReadBody)
    {
        if (error.IsTransient)
        {
            var seconds = error.RetryAfter?.TotalSeconds ?? options.RetryAfterSeconds;
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture);
        }
        if (error.Kind == DialectErrorKind.Unauthenticated)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }
        await write(context, error);
        if (!hasReadBody && error.Kind is not (DialectErrorKind.BodyTimeout or DialectErrorKind.BrokenTransfer))
        {
            await context.Response.CompleteAsync();
            await BodyRest.DropAsync(context, 2L * options.MaxRequestBodyBytes);
        }
    }

    /// <summary>What a client is told of an exception; the log has the rest.</summary>
    internal static DialectError Error(Exception exception, ILogger logger)
    {
        switch (exception)
        {
            case DialectException { Error: var error }:
                if (error.IsTransient)
                {
                    LogRefused(logger, error.Kind, error.Detail);
                }
                return error;
            case GenerationException { Fault: var fault }:
                LogFailed(logger, fault.Stage ?? "gateway", fault.Kind, fault.Detail);
                return DialectError.From(fault);
            default:
                LogBroken(logger, exception);
                return new DialectError(DialectErrorKind.Internal, "Internal server error");
        }
    }

    [LoggerMessage(60, LogLevel.Warning, "Not generated: {Stage} {Kind}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string stage, FaultKind kind, string reason);

    [LoggerMessage(61, LogLevel.Information, "Not generated: the client went away")]
    private static partial void LogLeft(ILogger logger);

    [LoggerMessage(64, LogLevel.Warning, "Not read: {Kind}: {Reason}")]
    private static partial void LogRefused(ILogger logger, DialectErrorKind kind, string reason);

    [LoggerMessage(63, LogLevel.Error, "Not generated: the gateway failed")]
    private static partial void LogBroken(ILogger logger, Exception exception);
}
