using Grpc.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;
using QwenMesh.ServiceDefaults;

namespace QwenMesh.StageHost;

/// <summary>Tells what this replica has loaded.</summary>
internal sealed class StageInfoService(StageIdentity stage, IStageModel model, IOptions<StageOptions> options) : StageInfo.StageInfoBase
{
    private static readonly string Instance = Guid.NewGuid().ToString("N");

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        var info = model.Info?.Clone() ?? throw StageFaults.NotReady(stage.Name, $"the {stage.Name} is not ready: its weights are not mapped yet");
        info.SoftwareVersion = MeshTelemetry.Version;
        info.InstanceId = Instance;
        info.Limits = options.Value.Limits;
        return Task.FromResult(info);
    }
}
