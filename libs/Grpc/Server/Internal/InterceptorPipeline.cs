using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Chains interceptors around a method once; each is activated anew for every call that passes.</summary>
internal static class InterceptorPipeline
{
    public static TMethod Build<TMethod>(
        IReadOnlyList<InterceptorRegistration> interceptors, TMethod innermost, Func<InterceptorRegistration, TMethod, TMethod> wrap)
        where TMethod : Delegate
    {
        var pipeline = innermost;
        for (var i = interceptors.Count - 1; i >= 0; i--)
        {
            pipeline = wrap(interceptors[i], pipeline);
        }

        return pipeline;
    }

    public static async Task<TResponse> RunAsync<TResponse>(
        InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task<TResponse>> run)
    {
        var (interceptor, created) = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            return await run(interceptor).ConfigureAwait(false);
        }
        finally
        {
            if (created)
            {
                await Activated.DisposeAsync(interceptor).ConfigureAwait(false);
            }
        }
    }

    public static async Task RunAsync(InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task> run)
    {
        var (interceptor, created) = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            await run(interceptor).ConfigureAwait(false);
        }
        finally
        {
            if (created)
            {
                await Activated.DisposeAsync(interceptor).ConfigureAwait(false);
            }
        }
    }
}
