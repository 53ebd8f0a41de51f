using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using QwenMesh.Gateway.Files;
using QwenMesh.Gateway.Routing;
using QwenMesh.Testing;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace QwenMesh.Gateway.Tests.Fakes;

/// <summary>The real Gateway in this process, on free loopback ports.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder? _folder;

    private GatewayHost(WebApplication app, TemporaryFolder? folder)
    {
        (_app, _folder) = (app, folder);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        Http = new HttpClient { BaseAddress = new Uri(addresses[0]), Timeout = TimeSpan.FromSeconds(60) };
        GrpcAddress = addresses[1];
    }

    public HttpClient Http { get; }

    public string GrpcAddress { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Changes the configuration of the running Gateway.</summary>
    public IConfigurationRoot Configuration => (IConfigurationRoot)_app.Configuration;

    public static async Task<GatewayHost> StartAsync(
        IReadOnlyDictionary<string, string?> settings, Action<IServiceCollection>? services = null)
    {
        var folder = settings.ContainsKey("Jobs:Folder") ? null : new TemporaryFolder();
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gateway:HttpPort"] = "0",
            ["Gateway:GrpcPort"] = "0",
            ["Jobs:Folder"] = folder?.Path,
            ["Stages:HealthIntervalSeconds"] = "0.1",
            ["Stages:HealthTimeoutSeconds"] = "60", // A replica is not ill because this machine stands still for a while.
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddGateway();
        builder.Services.TryAddSingleton<ISigningKeys>(new FixedSigningKeys());
        builder.Logging.ClearProviders();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGateway();
        await app.StartAsync();
        return new GatewayHost(app, folder);
    }

    public async Task<GatewayHost> ReadyAsync()
    {
        await Eventually.TrueAsync(async () =>
        {
            using var response = await Http.GetAsync(new Uri("/v1/health/ready", UriKind.Relative));
            return response.StatusCode == HttpStatusCode.OK;
        }, "the gateway turns ready");
        return this;
    }

    /// <summary>Stops as after SIGTERM.</summary>
    public Task StopAsync(CancellationToken hurry)
    {
        _app.Lifetime.StopApplication();
        return _app.StopAsync(hurry);
    }

    /// <summary>Calls of the orchestrator that are running in a pool.</summary>
    public int Calls(string stage) =>
        Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(stage, out var cluster)
            ? cluster.DestinationsState.AllDestinations.Sum(Services.GetRequiredService<LeastWorkPolicy>().Calls)
            : throw new InvalidOperationException($"there is no cluster {stage}");

    /// <summary>One replica as YARP knows it.</summary>
    public DestinationState Replica(string stage, string address) =>
        Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(stage, out var cluster)
            ? cluster.Destinations[address]
            : throw new InvalidOperationException($"there is no cluster {stage}");

    /// <summary>Replicas of a pool that may be called.</summary>
    public int Replicas(string stage) => Services.GetRequiredService<StageDirectory>().Replicas(stage).Count;

    /// <summary>Posts a body as it is.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string body, CancellationToken cancellationToken = default)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await Http.PostAsync(new Uri(path, UriKind.Relative), content, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        // At once: running jobs are handed back, so that nothing is written any more.
        await ((Task)_app.StopAsync(new CancellationToken(canceled: true))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
        _folder?.Dispose();
    }
}
