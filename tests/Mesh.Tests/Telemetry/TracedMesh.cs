using System.Diagnostics;
using System.Net.Http.Json;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Mesh.Tests.Telemetry;

[CollectionDefinition(Name)]
public sealed class TracedMeshCollection : ICollectionFixture<TracedMesh>
{
    public const string Name = "traced mesh";
}

/// <summary>The four real processes with an OTLP endpoint, after one picture over HTTP and one call through the gRPC ingress.</summary>
public sealed class TracedMesh : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, ServiceProcess> _processes = [];

    internal static string[] Services { get; } = ["denoiser", "encoder", "gateway", "vae"];

    internal OtlpCollector Collector { get; private set; } = null!;

    /// <summary>Trace of the picture.</summary>
    internal string Picture { get; } = $"{ActivityTraceId.CreateRandom()}";

    /// <summary>Trace of the call through the ingress.</summary>
    internal string Ingress { get; } = $"{ActivityTraceId.CreateRandom()}";

    /// <summary>What /metrics of each service says after both.</summary>
    internal IReadOnlyDictionary<string, string> Scrapes { get; private set; } = null!;

    /// <summary>Every instrument as each service exported it last.</summary>
    internal IReadOnlyList<ExportedInstrument> Instruments =>
        [.. Collector.Metrics.Reverse().SelectMany(batch => batch).DistinctBy(seen => (seen.Service, seen.Meter, seen.Name))];

    public async ValueTask InitializeAsync()
    {
        Collector = await OtlpCollector.StartAsync();
        var settings = Collector.Settings(everyMilliseconds: 200);
        foreach (var stage in new[] { "Encoder", "Denoiser", "Vae" })
        {
            _processes.Add(stage.ToLowerInvariant(), ServiceProcess.StartStage(stage, Repository.NanoModel, settings));
        }
        _processes.Add("gateway", ServiceProcess.StartGateway([_processes["encoder"]], [_processes["denoiser"]], [_processes["vae"]], settings));
        await _processes["gateway"].ReadyAsync("/v1/health/ready", Token);
        await ProbeAsync();
        await MakePictureAsync();
        await CallThroughIngressAsync();
        await UntilAsync(() => IsWhole(Collector.Trace(Picture), Services), "not every service exported spans of the picture");
        await UntilAsync(() => IsWhole(Collector.Trace(Ingress), ["encoder", "gateway"]), "the call through the ingress was not exported");
        // Some of the work comes after the answer, such as the end of the job; its span has come by now.
        var made = Services.ToDictionary(service => service, Exports);
        // The first export that begins after the work has all of its measurements; one may have been under way.
        await UntilAsync(() => Services.All(service => Exports(service) >= made[service] + 2), "not every service exported its metrics");
        Scrapes = await ScrapeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }
        if (Collector is not null)
        {
            await Collector.DisposeAsync();
        }
    }

    /// <summary>Every service has spans in the trace, and every span but the first has its parent there.</summary>
    internal static bool IsWhole(ExportedSpan[] trace, string[] services)
    {
        var ids = trace.Select(span => span.SpanId).ToHashSet();
        return services.SequenceEqual(trace.Select(span => span.Service).Distinct().Order(StringComparer.Ordinal))
            && trace.Count(span => !ids.Contains(span.ParentId)) == 1;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Exports(string service) => Collector.Metrics.Count(batch => batch.Any(instrument => instrument.Service == service));

    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Patience, otherwise);
            await Task.Delay(50, Token);
        }
    }

    /// <summary>What an orchestrator and Prometheus ask all the time, without a trace of their own.</summary>
    private async Task ProbeAsync()
    {
        using var client = new HttpClient { Timeout = Patience };
        foreach (var (service, process) in _processes)
        {
            string[] paths = service == "gateway"
                ? ["/health/live", "/health/ready", "/metrics", "/v1/health/live", "/v1/health/ready", "/v1/metrics"]
                : ["/health/live", "/health/ready", "/metrics"];
            foreach (var path in paths)
            {
                using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{process.HttpPort}{path}"), Token);
                response.EnsureSuccessStatusCode();
            }
        }
        foreach (var service in Services.Where(service => service != "gateway"))
        {
            using var channel = GrpcChannel.ForAddress(_processes[service].GrpcAddress);
            await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + Patience, cancellationToken: Token);
        }
    }

    private async Task MakePictureAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_processes["gateway"].HttpPort}"), Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer")
        {
            Content = JsonContent.Create(new { prompt = "a red circle on a blue background", width = 512, height = 512, steps = 5, seed = 1 }),
        };
        request.Headers.Add("traceparent", $"00-{Picture}-{ActivitySpanId.CreateRandom()}-01");
        using var response = await client.SendAsync(request, Token);
        response.EnsureSuccessStatusCode();
    }

    private async Task CallThroughIngressAsync()
    {
        using var channel = GrpcChannel.ForAddress(_processes["gateway"].GrpcAddress);
        var headers = new Metadata { { "traceparent", $"00-{Ingress}-{ActivitySpanId.CreateRandom()}-01" } };
        using var call = new EncoderStage.EncoderStageClient(channel).Encode(new CallOptions(headers, DateTime.UtcNow + Patience, Token));
        var parameters = new EncodeParameters { Prompts = { "a green star" }, Template = PromptTemplate.TextToImage };
        await call.RequestStream.WriteAsync(new EncodeRequest { Parameters = parameters }, Token);
        await call.RequestStream.CompleteAsync();
        Assert.NotEmpty(await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token));
    }

    private async Task<IReadOnlyDictionary<string, string>> ScrapeAsync()
    {
        using var client = new HttpClient { Timeout = Patience };
        var scrapes = new Dictionary<string, string>();
        foreach (var (service, process) in _processes)
        {
            scrapes[service] = await client.GetStringAsync($"http://127.0.0.1:{process.HttpPort}/metrics", Token);
        }
        return scrapes;
    }
}
