using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace QwenMesh.Gateway.Routing;

/// <summary>The options as YARP's configuration: one route and one cluster per model and stage.</summary>
internal static class StageRoutes
{
    /// <summary>Header in which a client of the stages names a further model.</summary>
    public const string ModelHeader = "x-qwenmesh-model";

    private static readonly (string Stage, string GrpcService, int Port)[] GrpcServices =
    [
        (StageNames.Encoder, "qwenmesh.v1.EncoderStage", 7001),
        (StageNames.Denoiser, "qwenmesh.v1.DenoiserStage", 7002),
        (StageNames.Vae, "qwenmesh.v1.VaeStage", 7003),
    ];

    public static IReadOnlyList<RouteConfig> Routes(StagesOptions options) =>
    [
        .. GrpcServices.Select(stage => Route(stage.Stage, stage.GrpcService, "", stage.Stage)),
        .. options.Models.SelectMany(model => GrpcServices.Select(stage =>
            Route(StagePool.ClusterOf(model.Key, stage.Stage), stage.GrpcService, model.Key, ClusterOf(options, model.Key, stage.Stage)))),
    ];

    public static IReadOnlyList<ClusterConfig> Clusters(StagesOptions options, string scheme) =>
    [
        Cluster(StageNames.Encoder, options.Encoder, 7001, options, scheme),
        Cluster(StageNames.Denoiser, options.Denoiser, 7002, options, scheme),
        Cluster(StageNames.Vae, options.Vae, 7003, options, scheme),
        .. options.Models.SelectMany(model => model.Value.Pools.Where(pool => pool.Pool.Addresses.Count > 0)
            .Select(pool => Cluster(StagePool.ClusterOf(model.Key, pool.Name.ToLowerInvariant()), pool.Pool, 0, options, scheme))),
    ];

    /// <summary>The cluster that serves a model's stage: its own, or the shared one.</summary>
    public static string ClusterOf(StagesOptions options, string model, string stage) =>
        model.Length > 0 && options.Models[model].Pools.Any(pool => pool.Name.Equals(stage, StringComparison.OrdinalIgnoreCase) && pool.Pool.Addresses.Count > 0)
            ? StagePool.ClusterOf(model, stage)
            : stage;

    private static RouteConfig Route(string id, string grpcService, string model, string cluster) => new()
    {
        RouteId = id,
        ClusterId = cluster,
        // Those with a header come first, and both before the route by which gRPC refuses services of other names, which has 0.
        Order = model.Length > 0 ? -2 : -1,
        Match = new RouteMatch
        {
            Path = $"/{grpcService}/{{**method}}",
            Methods = [HttpMethods.Post],
            Headers = model.Length > 0 ? [new RouteHeader { Name = ModelHeader, Values = [model], Mode = HeaderMatchMode.ExactHeader }] : null,
        },
    };

    private static ClusterConfig Cluster(string stage, StagePoolOptions pool, int defaultPort, StagesOptions options, string scheme) => new()
    {
        ClusterId = stage,
        LoadBalancingPolicy = LeastWorkPolicy.PolicyName,
        Destinations = Addresses(pool, defaultPort, scheme)
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

    private static IEnumerable<string> Addresses(StagePoolOptions pool, int defaultPort, string scheme) => pool.Addresses.Count > 0
        ? pool.Addresses.Distinct(StringComparer.OrdinalIgnoreCase)
        : [$"{scheme}://127.0.0.1:{defaultPort}"];
}
