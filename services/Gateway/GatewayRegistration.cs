using System.Net;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Access;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Dialects;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.FrontDoor;
using QwenMesh.Gateway.Guardrails;
using QwenMesh.Gateway.Imaging;
using QwenMesh.Gateway.Jobs;
using QwenMesh.Gateway.Jobs.Store;
using QwenMesh.Gateway.OpenApi;
using QwenMesh.Gateway.Orchestration;
using QwenMesh.Gateway.Pictures;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;
using QwenMesh.Gateway.Routing;
using QwenMesh.Gateway.Stages;
using QwenMesh.Gateway.Webhooks;
using QwenMesh.ServiceDefaults;
using QwenMesh.ServiceDefaults.Tls;

namespace QwenMesh.Gateway;

/// <summary>
/// Everything that the Gateway is made of, in two lists: services and the request pipeline. Public, so that another host can run the Gateway with
/// further dialects (docs/extending.md).
/// </summary>
public static class GatewayRegistration
{
    /// <summary>Adds the Gateway: options, ports, routing, dialects, telemetry, health.</summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        builder.AddMeshTelemetry("qwenmesh-gateway");
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Yarp.ReverseProxy", LogLevel.Warning);
        // Health is logged when it changes, by GrpcHealthPolicy; YARP would repeat it at every check.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Health", LogLevel.Error);

        builder.Services.AddValidatedOptions<GatewayOptions>(GatewayOptions.Section, options => options.Validate());
        builder.Services.AddTls();
        builder.AddListeners();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<GatewayInstrumentation>();
        builder.Services.AddStageRouting();
        builder.Services.AddHostedService<PoolInstrumentation>();
        builder.Services.AddModels();
        builder.Services.AddGeneration();
        // First, since it makes the tables.
        builder.Services.AddJobStore();
        // Before the jobs, so that it stops after them: it tells of those that end while the Gateway stops.
        builder.Services.AddWebhooks();
        builder.Services.AddJobs();
        builder.Services.AddPictures();
        builder.Services.AddPictureReading();
        builder.Services.AddFiles();
        builder.Services.AddGuardrails();
        builder.Services.AddAccess();
        builder.Services.AddDialects();
        builder.Services.AddDescription();
        builder.Services.AddSingleton<SubmitTranslation>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = FrontDoorLimits.MaxMessageBytes;
            // Else its routes for services that it does not know come before the stages', and take paths of dialects.
            grpc.IgnoreUnknownServices = true;
            grpc.Interceptors.Add<GenerationFaultInterceptor>();
            grpc.Interceptors.Add<KeyMessageLimit>();
        });
        builder.Services.AddHostedService<PreStop>();
        builder.Services.AddSingleton<GatewayReadiness>();
        builder.Services.AddHealthChecks().AddCheck<OwnReadiness>("ready", tags: ["ready"]);
    }

    /// <summary>Maps the dialects, health, metrics and the gRPC ingress.</summary>
    public static void MapGateway(this WebApplication app)
    {
        // Validates all sections now: mapping reads options, and would report only the first faulty section.
        app.Services.GetService<IStartupValidator>()?.Validate();
        app.UseHeadRequests();
        app.UseRouting();
        app.UseRequestIdentity();
        app.UseCrossOrigin();
        app.UseGrpcIngress();
        app.UseGrpcFaultDetails("gateway");
        app.UseUnknownRoutes();
        app.UseGrpcAccess();
        app.UseRouteAccess();
        foreach (var dialect in app.Services.GetServices<IDialect>())
        {
            dialect.Map(app);
        }
        app.MapFiles();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).WithAccess(RouteAccess.Open).Describe(GatewayRoutes.Health);
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") })
            .WithAccess(RouteAccess.Open).Describe(GatewayRoutes.Health);
        app.MapMetrics().WithAccess(RouteAccess.Open).Describe(GatewayRoutes.Metrics);
        app.MapDescription();
        app.MapFrontPage();
        app.MapGrpcService<ImageGenerationService>();
        app.MapReverseProxy();
    }

    private static void AddListeners(this WebApplicationBuilder builder)
    {
        var options = new GatewayOptions();
        builder.Configuration.GetSection(GatewayOptions.Section).Bind(options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout =
            TimeSpan.FromSeconds(Math.Clamp(options.DrainSeconds, 0, 3600) + Math.Clamp(options.PreStopSeconds, 0, 3600)));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (options.Validate().Concat(TlsOptions.Of(builder.Configuration).Validate()).Any())
            {
                return; // Reported in full by the options' validation, before the server starts.
            }
            var address = IPAddress.Parse(options.BindAddress);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
            kestrel.Limits.Http2.InitialStreamWindowSize = TensorTransport.StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = TensorTransport.ConnectionWindow;
            kestrel.Listen(address, options.HttpPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseEdgeTls();
            });
            kestrel.Listen(address, options.GrpcPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseEdgeTls();
                listen.UseGrpcIngress();
            });
        });
    }

    private static void AddModels(this IServiceCollection services)
    {
        services.AddSingleton<ProfileCatalog>().AddSingleton<ModelNames>().AddSingleton<ReplicaModels>().AddSingleton<ModelDirectory>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelDirectory>());
    }

    private static void AddGeneration(this IServiceCollection services)
    {
        services.AddSingleton<StageCaller>().AddSingleton<EncoderClient>().AddSingleton<DenoiserClient>().AddSingleton<VaeClient>();
        services.AddSingleton<EmptyPools>().AddSingleton<StageRetries>();
        services.AddSingleton<ArtifactStore>().AddSingleton<PictureInputReader>().AddSingleton<GenerationInputs>().AddSingleton<PictureDrawing>().AddSingleton<GenerationOrchestrator>();
        services.AddSingleton<ImageGenerator>();
    }
}
