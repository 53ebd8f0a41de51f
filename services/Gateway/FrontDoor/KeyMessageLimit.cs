using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using QwenMesh.Gateway.Access;
using QwenMesh.Protocol;

namespace QwenMesh.Gateway.FrontDoor;

/// <summary>
/// The key's limit of a body for calls of ImageGeneration. What the Gateway reads of any caller bounds the message before; a stream to a stage is the
/// stage's to limit.
/// </summary>
internal sealed class KeyMessageLimit : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(request, context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(request, context);
        return continuation(request, responseStream, context);
    }

    private static void Check(object request, ServerCallContext context)
    {
        var most = context.GetHttpContext().MostBodyBytes(int.MaxValue);
        if (request is IMessage message && message.CalculateSize() > most)
        {
            throw StageFaults.Of(GenerationStatus.Self, StatusCode.ResourceExhausted, $"the request is larger than the {most} bytes that this API key allows");
        }
    }
}
