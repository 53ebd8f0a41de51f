using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class ClientStreamingCallHandler<TService, TRequest, TResponse> : CallHandler<TService, TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly ClientStreamingMethod<TService, TRequest, TResponse> _member;
    private readonly ClientStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ClientStreamingCallHandler(
        Method<TRequest, TResponse> method, MethodOptions options, CallLog log, ClientStreamingMethod<TService, TRequest, TResponse> member)
        : base(method, options, log)
    {
        _member = member;
        _pipeline = InterceptorPipeline.Build<ClientStreamingServerMethod<TRequest, TResponse>>(
            options.Interceptors, CallServiceAsync, (registration, next) =>
                (requests, context) => InterceptorPipeline.RunAsync(
                    registration, context, interceptor => interceptor.ClientStreamingServerHandler(requests, context, next)));
    }

    protected override async Task InvokeAsync(HttpContext http, HttpServerCallContext context)
    {
        var requests = new RequestStreamReader<TRequest>(context, Method.RequestMarshaller.ContextualDeserializer);
        var response = await _pipeline(requests, context).ConfigureAwait(false);
        await WriteSingleAsync(context, response).ConfigureAwait(false);
    }

    private async Task<TResponse> CallServiceAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
    {
        var service = ServiceActivation<TService>.Create(context.GetHttpContext().RequestServices);
        try
        {
            return await _member(service.Instance, requests, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
