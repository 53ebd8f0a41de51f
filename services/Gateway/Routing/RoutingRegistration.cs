using System.Net;
using Microsoft.Extensions.Options;
using QwenMesh.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace QwenMesh.Gateway.Routing;

internal static class RoutingRegistration
{
    public static void AddStageRouting(this IServiceCollection services)
    {
        services.AddSingleton<StageTls>().AddSingleton<IValidateOptions<StagesOptions>, StageTlsValidation>();
        services.AddValidatedOptions<StagesOptions>(StagesOptions.Section, options => options.Validate());
        services.AddSingleton<LeastWorkPolicy>().AddSingleton<ILoadBalancingPolicy>(provider => provider.GetRequiredService<LeastWorkPolicy>());
        services.AddSingleton<SilentReplicas>();
        services.AddSingleton<EjectionPolicy>().AddSingleton<IPassiveHealthCheckPolicy>(provider => provider.GetRequiredService<EjectionPolicy>());
        services.AddSingleton<IActiveHealthCheckPolicy, GrpcHealthPolicy>();
        services.AddSingleton<IProbingRequestFactory, GrpcHealthProbe>();
        services.AddSingleton<IForwarderHttpClientFactory, StageHttpClientFactory>();
        services.AddSingleton(new HostLookup(Dns.GetHostAddressesAsync));
        services.AddSingleton<IDestinationResolver, DnsDestinations>();
        services.AddSingleton<IProxyConfigProvider>(Provider);
        services.AddSingleton<StageChannels>().AddSingleton<StageDirectory>();
        services.AddReverseProxy();
    }

    // Lives as long as the host; so does the subscription.
    private static InMemoryConfigProvider Provider(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptionsMonitor<StagesOptions>>();
        var scheme = services.GetRequiredService<StageTls>().Scheme;
        var provider = new InMemoryConfigProvider(StageRoutes.Routes(options.CurrentValue), StageRoutes.Clusters(options.CurrentValue, scheme));
        options.OnChange(changed => provider.Update(StageRoutes.Routes(changed), StageRoutes.Clusters(changed, scheme)));
        return provider;
    }
}
