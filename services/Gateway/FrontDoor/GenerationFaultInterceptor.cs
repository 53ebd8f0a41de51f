using Grpc.Core;
using Grpc.Core.Interceptors;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>What a call of ImageGeneration ends with when there is no picture, or when a store cannot be reached.</summary>
internal sealed class GenerationFaultInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (GenerationException exception)
        {
            throw GenerationStatus.Of(exception.Fault);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (GenerationException exception)
        {
            throw GenerationStatus.Of(exception.Fault);
        }
    }
}
