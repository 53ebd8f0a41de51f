using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.Denoiser;

/// <summary>The gRPC edge of the stage.</summary>
internal sealed class DenoiserService(StageCalls calls, DenoiseMethod denoise) : DenoiserStage.DenoiserStageBase
{
    public const string Stage = "denoiser";

    public override Task Denoise(
        IAsyncStreamReader<DenoiseRequest> requestStream, IServerStreamWriter<DenoiseResponse> responseStream, ServerCallContext context) =>
        calls.RunAsync(denoise, requestStream, responseStream, context);
}
