using Grpc.Core;

namespace QwenMesh.StageHost;

/// <summary>Turns exceptions of a part that this library does not know into faults. All registered ones are asked, in order.</summary>
public interface IStageFaultSource
{
    /// <summary>The call's end for this exception; null when it is not one of the part's own.</summary>
    RpcException? For(Exception exception);
}
