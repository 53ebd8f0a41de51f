using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>A result without numbers is the stage's failure, not the caller's, and the caller is told which result it was.</summary>
internal sealed class NotFiniteFaults(StageIdentity stage) : IStageFaultSource
{
    public RpcException? For(Exception exception) => exception is NotFiniteException ? StageFaults.Internal(stage.Name, exception.Message) : null;
}
