using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using QwenMesh.Mesh.Tests.Telemetry;
using QwenMesh.Testing;
using QwenMesh.Testing.Postgres;

namespace QwenMesh.Mesh.Tests.Cluster;

/// <summary>The real services with the settings of a manifest: they start with them, and have the ports, paths and metrics that manifests name.</summary>
public sealed class RunningServiceTests
{
    private const string Key = "qm-key-of-a-test";

    private static readonly string[] OfThisMachine = ["BindAddress", "GrpcPort", "HttpPort", "Path"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Services_run_with_a_manifests_settings_and_have_what_the_manifests_name()
    {
        var demo = await Overlay.RequireAsync("cpu-demo");
        var server = await PostgresServer.RequireAsync(Token);
        var database = await server.CreateDatabaseAsync(Token);
        using var folder = new TemporaryFolder();
        var keys = Path.Combine(folder.Path, "keys.json");
        await File.WriteAllTextAsync(keys, $$"""[{"Id":"test","Sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}}"}]""", Token);
        var processes = demo.Stages.ToDictionary(stage => stage.Name, stage => ServiceProcess.StartStage(stage.Service, Repository.NanoModel, Settings(demo, stage, [])));
        try
        {
            var gateway = demo.Gateway;
            processes[gateway.Name] = ServiceProcess.StartGateway([processes["encoder"]], [processes["denoiser"]], [processes["vae"]], Settings(demo, gateway, new()
            {
                ["Jobs__ConnectionString"] = server.ConnectionString(database),
                ["Jobs__Folder"] = folder.Path,
                ["Access__KeyFile"] = keys,
            }));
            await processes[gateway.Name].ReadyAsync("/v1/health/ready", Token);
            await DrawAsync(processes[gateway.Name]);

            foreach (var name in Overlay.Names)
            {
                await AssertProbesAsync(await Overlay.RequireAsync(name), processes);
            }
            await AssertMetricsAsync(await Overlay.RequireAsync("keda"), processes);

            var codes = await Task.WhenAll(processes.Values.Select(process => process.StopAsync()));
            Assert.All(codes, code => Assert.Equal(0, code));
        }
        finally
        {
            foreach (var process in processes.Values)
            {
                await process.DisposeAsync();
            }
        }
    }

    /// <summary>What the pod's service would see, but for this machine's ports, folders and secrets.</summary>
    private static Dictionary<string, string> Settings(Overlay overlay, Workload workload, Dictionary<string, string> own)
    {
        var settings = overlay.Environment(workload)
            .Where(setting => setting.Key.Contains("__", StringComparison.Ordinal) && !OfThisMachine.Contains(setting.Key.Split("__")[^1]))
            .ToDictionary(setting => setting.Key, setting => own.GetValueOrDefault(setting.Key) ?? setting.Value);
        Assert.All(own.Keys, key => Assert.Contains(key, settings.Keys));
        return settings.ToDictionary(setting => setting.Key, setting => setting.Value ?? throw new InvalidOperationException($"{setting.Key} is a secret"));
    }

    private static async Task DrawAsync(ServiceProcess gateway)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.HttpPort}"), Timeout = TimeSpan.FromMinutes(2) };
        var picture = new { prompt = "a red circle on a blue background", width = 512, height = 512, steps = 5, seed = 1 };
        using var refused = await client.PostAsJsonAsync("/v1/infer", picture, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        using var drawn = await client.PostAsJsonAsync("/v1/infer", picture, Token);
        Assert.True(drawn.IsSuccessStatusCode, $"{(int)drawn.StatusCode}: {await drawn.Content.ReadAsStringAsync(Token)}");
    }

    private static async Task AssertProbesAsync(Overlay overlay, Dictionary<string, ServiceProcess> processes)
    {
        foreach (var service in overlay.Services)
        {
            V1Probe[] probes = [service.Container.StartupProbe, service.Container.ReadinessProbe, service.Container.LivenessProbe];
            foreach (var probe in probes.Select(probe => probe.HttpGet))
            {
                Assert.Equal(HttpStatusCode.OK, (await GetAsync(processes[service.Name], probe.Port.ToString(), probe.Path)).Status);
            }
        }
    }

    private static async Task AssertMetricsAsync(Overlay overlay, Dictionary<string, ServiceProcess> processes)
    {
        foreach (var (metric, _, job) in ScalingTests.Queries(overlay))
        {
            var service = overlay.All<V1Service>().Single(service => service.Name() == job);
            var endpoint = Assert.Single(Assert.Single(overlay.All<ServiceMonitor>(), monitor => monitor.Spec.Selector.Matches(service.Metadata.Labels)).Spec.Endpoints);
            var (status, text) = await GetAsync(processes[job], endpoint.Port, endpoint.Path);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Contains(PrometheusScrape.Parse(text), family => family.Name == metric && family.Type == "gauge" && family.Samples.Count > 0);
        }
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(ServiceProcess process, string port, string path)
    {
        Assert.Equal("http", port);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{process.HttpPort}{path}"), Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
