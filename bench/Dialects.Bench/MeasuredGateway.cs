using System.Globalization;
using QwenMesh.Testing.Stages;

namespace QwenMesh.Dialects.Bench;

/// <summary>A Gateway before instant stages, three processes with this one, and the folder of its jobs.</summary>
internal sealed class MeasuredGateway : IAsyncDisposable
{
    // Whatever a dialect's defaults are, every picture has 512x512 pixels, the least that all of them take, and 4 steps: all do the same work.
    private const string Profile = """
        {
          "id": "bench", "names": ["qwen/qwen-image"],
          "match": { "modelIds": ["qwen-image-nano"], "pipelineClasses": [], "multiple": 64 },
          "sizes": { "multiple": 64, "minimum": 256, "maximum": 2048, "default": "512x512" },
          "aspectRatios": {
            "1:1": "512x512", "16:9": "512x512", "9:16": "512x512", "4:3": "512x512", "3:4": "512x512", "3:2": "512x512", "2:3": "512x512"
          },
          "steps": { "default": 4, "minimum": 1, "maximum": 100 },
          "guidance": 4.0, "negativePrompt": " ", "scheduler": "checkpoint"
        }
        """;

    private readonly ChildProcess _stages;
    private readonly GatewayProcess _gateway;
    private readonly HttpClient _http;

    private MeasuredGateway(ChildProcess stages, GatewayProcess gateway, string folder)
    {
        (_stages, _gateway, Folder) = (stages, gateway, folder);
        _http = new HttpClient { BaseAddress = gateway.Http };
    }

    /// <summary>Of its jobs.</summary>
    public string Folder { get; }

    public Uri Address => _gateway.Http!;

    public Uri GrpcAddress => _gateway.Grpc!;

    /// <param name="options">Where its folder is.</param>
    /// <param name="connectionString">Of a PostgreSQL server; null for SQLite.</param>
    public static async Task<MeasuredGateway> StartAsync(BenchOptions options, string? connectionString = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"qwenmesh-bench-{Guid.NewGuid():N}")).FullName;
        var profiles = Directory.CreateDirectory(Path.Combine(folder, "profiles")).FullName;
        await File.WriteAllTextAsync(Path.Combine(profiles, "bench.json"), Profile);
        var stages = await ChildProcess.StartAsync("stages");
        var settings = StagesProcess.Settings(stages);
        settings["Gateway__Profile"] = "bench";
        settings["Gateway__ProfileFolder"] = profiles;
        settings["Jobs__Folder"] = folder;
        settings["DOTNET_TieredPGO"] = "1"; // As it runs elsewhere.
        settings["Jobs__MaxQueuedPictures"] = "1000000";
        if (connectionString is not null)
        {
            settings["Jobs__ConnectionString"] = connectionString;
        }
        var gateway = GatewayProcess.Start(settings);
        await gateway.ReadyAsync(CancellationToken.None);
        return new MeasuredGateway(stages, gateway, folder);
    }

    /// <summary>Processor time until now.</summary>
    public async Task<TimeSpan> ProcessorAsync() => TimeSpan.FromSeconds(await CountAsync("process_cpu_time_seconds"));

    /// <summary>Waits until no accepted job is left to run.</summary>
    public async Task DrainAsync()
    {
        for (var limit = TimeSpan.FromMinutes(10); limit > TimeSpan.Zero; limit -= TimeSpan.FromMilliseconds(100))
        {
            if (await CountAsync("qwenmesh_gateway_jobs_ended") >= await CountAsync("qwenmesh_gateway_jobs_submitted"))
            {
                return;
            }
            await Task.Delay(100);
        }
        throw new TimeoutException("the queue does not get empty");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _stages.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    // Of all series of an instrument.
    private async Task<double> CountAsync(string instrument)
    {
        var text = await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return text.Split('\n').Where(line => line.StartsWith(instrument, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
