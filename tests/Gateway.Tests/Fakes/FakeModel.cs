using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>What a fake stage says that it has loaded.</summary>
internal interface IFakeModel
{
    ModelInfo Model { get; }
}

/// <summary>StageInfo of a fake stage.</summary>
internal sealed class FakeStageInfo(IFakeModel? stage) : StageInfo.StageInfoBase
{
    private int _asked;

    /// <summary>Times that it was asked for its model.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public override Task<ModelInfo> GetModelInfo(GetModelInfoRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _asked);
        return Task.FromResult(stage?.Model ?? throw new RpcException(new Status(StatusCode.Unimplemented, "")));
    }
}

internal static class FakeFeatures
{
    /// <summary>As every stage does: what is required and not known is refused before anything is computed.</summary>
    public static void Check(string stage, ModelInfo model, IEnumerable<string> required)
    {
        if (required.FirstOrDefault(feature => !model.Features.Contains(feature)) is { } missing)
        {
            throw StageFaults.FeatureMissing(stage, missing);
        }
    }
}
