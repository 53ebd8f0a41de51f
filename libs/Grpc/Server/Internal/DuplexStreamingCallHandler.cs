using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class DuplexStreamingCallHandler<TService, TRequest, TResponse> : CallHandler<TService, TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly DuplexStreamingMethod<TService, TRequest, TResponse> _member;
    private readonly DuplexStreamingServerMethod<TRequest, TResponse> _pipeline;

    public DuplexStreamingCallHandler(
        Method<TRequest, TResponse> method, MethodOptions options, CallLog log, DuplexStreamingMethod<TService, TRequest, TResponse> member)
        : base(method, options, log)
    {
        _member = member;
        _pipeline = InterceptorPipeline.Build<DuplexStreamingServerMethod<TRequest, TResponse>>(
            options.Interceptors, CallServiceAsync, (registration, next) =>
                (requests, responses, context) => InterceptorPipeline.RunAsync(
                    registration, context, interceptor => interceptor.DuplexStreamingServerHandler(requests, responses, context, next)));
    }

    protected override Task InvokeAsync(HttpContext http, HttpServerCallContext context) => _pipeline(
        new RequestStreamReader<TRequest>(context, Method.RequestMarshaller.ContextualDeserializer),
        new ResponseStreamWriter<TResponse>(context, Method.ResponseMarshaller.ContextualSerializer),
        context);

    private async Task CallServiceAsync(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = ServiceActivation<TService>.Create(context.GetHttpContext().RequestServices);
        try
        {
            await _member(service.Instance, requests, responses, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
