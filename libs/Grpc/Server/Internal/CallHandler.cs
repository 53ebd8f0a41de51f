using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// One call from request to trailers: check the request, start the call, let the method run, end the call with its status.
/// Subclasses know the four shapes of a method.
/// </summary>
internal abstract class CallHandler<TService, TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, CallLog log)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected Method<TRequest, TResponse> Method => method;

    public Task HandleAsync(HttpContext http) => RequestCheck.Refuse(http, log) ? Task.CompletedTask : ServeAsync(http);

    /// <summary>Reads the request or requests, runs the method and writes the response or responses.</summary>
    protected abstract Task InvokeAsync(HttpContext http, HttpServerCallContext context);

    /// <summary>The one request of methods whose client does not stream.</summary>
    protected async Task<TRequest> ReadSingleAsync(HttpServerCallContext context)
    {
        var request = await context.ReadMessageAsync(method.RequestMarshaller.ContextualDeserializer, CancellationToken.None).ConfigureAwait(false)
            ?? throw Wire.WireFaults.Incomplete();
        await context.EnsureRequestEndAsync().ConfigureAwait(false);
        return request;
    }

    protected Task WriteSingleAsync(HttpServerCallContext context, TResponse? response)
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        return context.WriteMessageAsync(response, method.ResponseMarshaller.ContextualSerializer, flush: false, CancellationToken.None);
    }

    private async Task ServeAsync(HttpContext http)
    {
        // Messages have limits of their own, and a stream may be silent for as long as it likes.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming
            && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var context = new HttpServerCallContext(http, method, options, log);
        http.Features.Set<IServerCallContextFeature>(context);
        GrpcEventSource.Log.CallStart(method.FullName);
        try
        {
            context.Start();
            await InvokeAsync(http, context).ConfigureAwait(false);
            context.End();
        }
        catch (Exception exception)
        {
            context.End(exception);
        }
        finally
        {
            await context.DisposeAsync().ConfigureAwait(false);
            GrpcEventSource.Log.CallStop();
        }
    }
}
