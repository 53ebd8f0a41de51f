using Grpc.Core;
using QwenMesh.Gateway.Routing;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Stages;

/// <summary>GetModelInfo, which every stage has.</summary>
internal static class StageInfo
{
    public static async Task<ModelInfo> GetAsync(string stage, CallInvoker invoker, CallOptions options)
    {
        var request = new GetModelInfoRequest();
        return stage switch
        {
            StageNames.Encoder => await new EncoderStage.EncoderStageClient(invoker).GetModelInfoAsync(request, options),
            StageNames.Denoiser => await new DenoiserStage.DenoiserStageClient(invoker).GetModelInfoAsync(request, options),
            StageNames.Vae => await new VaeStage.VaeStageClient(invoker).GetModelInfoAsync(request, options),
            _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "no such stage"),
        };
    }
}
