using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.Encoder;

/// <summary>The gRPC edge of the stage.</summary>
internal sealed class EncoderService(StageCalls calls, EncodeMethod encode) : EncoderStage.EncoderStageBase
{
    public const string Stage = "encoder";

    public override Task Encode(
        IAsyncStreamReader<EncodeRequest> requestStream, IServerStreamWriter<EncodeResponse> responseStream, ServerCallContext context) =>
        calls.RunAsync(encode, requestStream, responseStream, context);
}
