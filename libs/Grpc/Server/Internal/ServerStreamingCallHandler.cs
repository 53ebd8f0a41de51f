using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class ServerStreamingCallHandler<TService, TRequest, TResponse> : CallHandler<TService, TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly ServerStreamingMethod<TService, TRequest, TResponse> _member;
    private readonly ServerStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ServerStreamingCallHandler(
        Method<TRequest, TResponse> method, MethodOptions options, CallLog log, ServerStreamingMethod<TService, TRequest, TResponse> member)
        : base(method, options, log)
    {
        _member = member;
        _pipeline = InterceptorPipeline.Build<ServerStreamingServerMethod<TRequest, TResponse>>(
            options.Interceptors, CallServiceAsync, (registration, next) =>
                (request, responses, context) => InterceptorPipeline.RunAsync(
                    registration, context, interceptor => interceptor.ServerStreamingServerHandler(request, responses, context, next)));
    }

    protected override async Task InvokeAsync(HttpContext http, HttpServerCallContext context)
    {
        var request = await ReadSingleAsync(context).ConfigureAwait(false);
        var responses = new ResponseStreamWriter<TResponse>(context, Method.ResponseMarshaller.ContextualSerializer);
        await _pipeline(request, responses, context).ConfigureAwait(false);
    }

    private async Task CallServiceAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = ServiceActivation<TService>.Create(context.GetHttpContext().RequestServices);
        try
        {
            await _member(service.Instance, request, responses, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
