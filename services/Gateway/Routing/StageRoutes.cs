using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace QwenMesh.Gateway.Routing;

/// <summary>The options as YARP's configuration: one route and one cluster per stage.</summary>
internal static class StageRoutes
{
    public static IReadOnlyList<RouteConfig> Routes { get; } =
    [
        Route(StageNames.Encoder, "qwenmesh.v1.EncoderStage"),
        Route(StageNames.Denoiser, "qwenmesh.v1.DenoiserStage"),
        Route(StageNames.Vae, "qwenmesh.v1.VaeStage"),
    ];

    public static IReadOnlyList<ClusterConfig> Clusters(StagesOptions options) =>
    [
        Cluster(StageNames.Encoder, options.Encoder, 7001, options),
        Cluster(StageNames.Denoiser, options.Denoiser, 7002, options),
        Cluster(StageNames.Vae, options.Vae, 7003, options),
    ];

    private static RouteConfig Route(string stage, string grpcService) => new()
    {
        RouteId = stage,
        ClusterId = stage,
        Match = new RouteMatch { Path = $"/{grpcService}/{{**method}}", Methods = [HttpMethods.Post] },
    };

    private static ClusterConfig Cluster(string stage, StagePoolOptions pool, int defaultPort, StagesOptions options) => new()
    {
        ClusterId = stage,
        LoadBalancingPolicy = LeastCallsPolicy.PolicyName,
        Destinations = Addresses(pool, defaultPort)
            .ToDictionary(address => address, address => new DestinationConfig { Address = address }, StringComparer.OrdinalIgnoreCase),
        HttpRequest = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = TimeSpan.FromSeconds(options.ActivityTimeoutSeconds),
        },
        HealthCheck = new HealthCheckConfig
        {
            // When all replicas look unhealthy, all are tried: probes of a busy machine may be late.
            AvailableDestinationsPolicy = "HealthyOrPanic",
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Interval = TimeSpan.FromSeconds(options.HealthIntervalSeconds),
                Timeout = TimeSpan.FromSeconds(options.HealthTimeoutSeconds),
                Policy = GrpcHealthPolicy.PolicyName,
            },
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = EjectionPolicy.PolicyName,
                ReactivationPeriod = TimeSpan.FromSeconds(options.EjectionSeconds),
            },
        },
    };

    private static IEnumerable<string> Addresses(StagePoolOptions pool, int defaultPort) => pool.Addresses.Count > 0
        ? pool.Addresses.Distinct(StringComparer.OrdinalIgnoreCase)
        : [$"http://127.0.0.1:{defaultPort}"];
}
