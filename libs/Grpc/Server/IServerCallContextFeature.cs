using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On the features of a gRPC request: its call.</summary>
public interface IServerCallContextFeature
{
    /// <summary>The call.</summary>
    ServerCallContext ServerCallContext { get; }
}
