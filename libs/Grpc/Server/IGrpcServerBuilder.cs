using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Configures the server further.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The container.</summary>
    IServiceCollection Services { get; }
}
