using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QwenMesh.ServiceDefaults;
using QwenMesh.ServiceDefaults.Tls;
using QwenMesh.StageHost.Calls;

namespace QwenMesh.StageHost;

/// <summary>What every stage has: its two ports, gRPC with health and reflection, options, telemetry, loading, draining.</summary>
public static class StageDefaults
{
    private const string ReadyTag = "ready";

    /// <param name="builder">The host.</param>
    /// <param name="stage">"encoder", "denoiser" or "vae".</param>
    /// <param name="grpcPort">Default of Stage:GrpcPort.</param>
    /// <param name="httpPort">Default of Stage:HttpPort.</param>
    public static WebApplicationBuilder AddStageDefaults(this WebApplicationBuilder builder, string stage, int grpcPort, int httpPort)
    {
        var identity = new StageIdentity(stage);
        builder.AddMeshTelemetry($"qwenmesh-{stage}");
        builder.Services.AddSingleton(identity).AddSingleton<StageReadiness>().AddSingleton<StageGate>().AddSingleton<StageCalls>()
            .AddSingleton<ModelInstrumentation>();
        builder.Services.AddValidatedOptions<ModelOptions>(ModelOptions.Section, options => options.Validate());
        builder.Services.AddValidatedOptions<StageOptions>(StageOptions.Section, options => options.Validate());
        builder.Services.AddTls();
        builder.Services.Configure<StageOptions>(options => Defaults(options, builder.Configuration, grpcPort, httpPort));

        var ports = new StageOptions();
        builder.Configuration.GetSection(StageOptions.Section).Bind(ports);
        Defaults(ports, builder.Configuration, grpcPort, httpPort);
        builder.WebHost.UseTensorTransport().ConfigureKestrel(kestrel => ListenOn(kestrel, ports, TlsOptions.Of(builder.Configuration)));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(Math.Clamp(ports.DrainSeconds, 0, 3600)));

        // A stage that is still loading is no error, and probes come every second.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
        // Three lines a request, which would be the probes' and the scraper's: a stage writes what it has computed itself.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Routing.EndpointMiddleware", LogLevel.Warning);
        builder.Services.AddHealthChecks().AddCheck<StageReadiness>(ReadyTag, tags: [ReadyTag]);
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<UnexpectedFaultInterceptor>());
        builder.Services.AddGrpcHealthChecks(health => health.Services.Map(identity.GrpcService, check => check.Tags.Contains(ReadyTag)));
        // grpc.health.v1.Health/Watch reports a change of readiness after this period; Check asks at once.
        builder.Services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(2);
        });
        builder.Services.AddGrpcReflection();
        builder.Services.AddHostedService<StageLoader>();
        return builder;
    }

    /// <summary>Maps the stage's gRPC service, gRPC health and reflection, /health/live, /health/ready and /metrics.</summary>
    public static WebApplication MapStage<TService>(this WebApplication app)
        where TService : class
    {
        app.UseGrpcFaultDetails(app.Services.GetRequiredService<StageIdentity>().Name, unknownIsMalformed: true);
        app.MapGrpcService<TService>();
        app.MapGrpcService<StageInfoService>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag) });
        app.MapMetrics();
        return app;
    }

    private static void Defaults(StageOptions options, ConfigurationManager configuration, int grpcPort, int httpPort)
    {
        var section = configuration.GetSection(StageOptions.Section);
        if (section[nameof(StageOptions.GrpcPort)] is null)
        {
            options.GrpcPort = grpcPort;
        }
        if (section[nameof(StageOptions.HttpPort)] is null)
        {
            options.HttpPort = httpPort;
        }
    }

    private static void ListenOn(KestrelServerOptions kestrel, StageOptions options, TlsOptions tls)
    {
        if (options.Validate().Concat(tls.Validate()).Any())
        {
            return; // Reported in full by the options' validation, before the server starts.
        }
        var address = IPAddress.Parse(options.BindAddress);
        kestrel.Listen(address, options.GrpcPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseMeshTls();
        });
        kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
    }
}
