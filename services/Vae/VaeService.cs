using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.Vae;

/// <summary>The gRPC edge of the stage.</summary>
internal sealed class VaeService(StageCalls calls, EncodeMethod encode, DecodeMethod decode) : VaeStage.VaeStageBase
{
    public const string Stage = "vae";

    public override Task Encode(
        IAsyncStreamReader<VaeEncodeRequest> requestStream, IServerStreamWriter<VaeEncodeResponse> responseStream, ServerCallContext context) =>
        calls.RunAsync(encode, requestStream, responseStream, context);

    public override Task Decode(
        IAsyncStreamReader<VaeDecodeRequest> requestStream, IServerStreamWriter<VaeDecodeResponse> responseStream, ServerCallContext context) =>
        calls.RunAsync(decode, requestStream, responseStream, context);
}
