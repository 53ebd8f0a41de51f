using Grpc.Core;
using QwenMesh.Protocol;
using QwenMesh.Tensors;

namespace QwenMesh.StageHost;

/// <summary>A full device or host is no defect of the request: the caller may try again, here or on another replica.</summary>
internal sealed class OutOfMemoryFaults(StageIdentity stage) : IStageFaultSource
{
    public RpcException? For(Exception exception) => exception switch
    {
        OutOfDeviceMemoryException full => StageFaults.Overloaded(stage.Name, full.Message),
        OutOfMemoryException => StageFaults.Overloaded(stage.Name, $"the {stage.Name} has no memory left for the call"),
        _ => null,
    };
}
