using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.AspNetCore.Server.Reflection.Internal;

/// <summary>
/// <c>grpc.reflection.v1alpha.ServerReflection</c>, which older tools ask for. Its messages are those of v1 byte for byte, under another package.
/// </summary>
[BindServiceMethod(typeof(ReflectionV1AlphaService), nameof(Bind))]
internal class ReflectionV1AlphaService(MappedReflection reflection)
{
    private static readonly Method<ServerReflectionRequest, ServerReflectionResponse> Method = new(
        MethodType.DuplexStreaming,
        "grpc.reflection.v1alpha.ServerReflection",
        nameof(ServerReflectionInfo),
        Marshallers.Create(Write, context => ServerReflectionRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        Marshallers.Create(Write, context => ServerReflectionResponse.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    public static void Bind(ServiceBinderBase binder, ReflectionV1AlphaService? service) =>
        binder.AddMethod(Method, service is null ? null : service.ServerReflectionInfo);

    public virtual Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context) => reflection.RunAsync(requestStream, responseStream, context);

    private static void Write(IMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
