namespace Grpc.AspNetCore.Server;

/// <summary>How one service is served; what is not set here comes from <see cref="GrpcServiceOptions"/>.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
