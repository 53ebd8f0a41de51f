using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class UnaryCallHandler<TService, TRequest, TResponse> : CallHandler<TService, TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly UnaryMethod<TService, TRequest, TResponse> _member;
    private readonly UnaryServerMethod<TRequest, TResponse> _pipeline;

    public UnaryCallHandler(
        Method<TRequest, TResponse> method, MethodOptions options, CallLog log, UnaryMethod<TService, TRequest, TResponse> member)
        : base(method, options, log)
    {
        _member = member;
        _pipeline = InterceptorPipeline.Build<UnaryServerMethod<TRequest, TResponse>>(options.Interceptors, CallServiceAsync, (registration, next) =>
            (request, context) => InterceptorPipeline.RunAsync(
                registration, context, interceptor => interceptor.UnaryServerHandler(request, context, next)));
    }

    protected override async Task InvokeAsync(HttpContext http, HttpServerCallContext context)
    {
        var request = await ReadSingleAsync(context).ConfigureAwait(false);
        var response = await _pipeline(request, context).ConfigureAwait(false);
        await WriteSingleAsync(context, response).ConfigureAwait(false);
    }

    private async Task<TResponse> CallServiceAsync(TRequest request, ServerCallContext context)
    {
        var service = ServiceActivation<TService>.Create(context.GetHttpContext().RequestServices);
        try
        {
            return await _member(service.Instance, request, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
