using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.HealthChecks.Internal;
using Grpc.HealthCheck;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds gRPC health over the application's health checks.</summary>
public static class GrpcHealthChecksServiceExtensions
{
    /// <summary>Adds gRPC health; checks are added to what it returns.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!services.Any(service => service.ServiceType == typeof(HealthServiceImpl)))
        {
            services.AddSingleton<HealthServiceImpl>();

            // Before the application's own configuration, which may change or remove it.
            services.Configure<GrpcHealthChecksOptions>(options => options.Services.Map("", _ => true));
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, HealthPublisher>());
        return services.AddHealthChecks();
    }

    /// <summary>Adds gRPC health with options.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = services.AddGrpcHealthChecks();
        services.Configure(configure);
        return builder;
    }
}
