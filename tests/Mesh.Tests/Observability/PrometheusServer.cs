using System.Diagnostics;
using System.Text;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>A real Prometheus on loopback that scrapes a mesh every second, with the labels of a cluster, and evaluates the alerts.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _log = new();
    private readonly HttpClient _client;
    private readonly Process _process;

    private PrometheusServer(MeshFixture mesh)
    {
        var jobs = mesh.Stages.Append(mesh.Gateway).Select(process =>
            $"  - job_name: {process.Name.ToLowerInvariant()}\n    static_configs: [{{targets: ['127.0.0.1:{process.HttpPort}'], labels: {{namespace: qwenmesh}}}}]\n");
        var configuration = "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            + $"rule_files: ['{ObservabilityFiles.Rules}']\nscrape_configs:\n{string.Concat(jobs)}";
        var address = $"127.0.0.1:{FreePorts.Next()}";
        _process = PrometheusProgram.Start(
            "prometheus", $"--config.file={_folder.Write("prometheus.yml", configuration)}", $"--storage.tsdb.path={_folder.File("data")}", $"--web.listen-address={address}");
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _client = new HttpClient { BaseAddress = new Uri($"http://{address}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Starts it and waits until every service has been scraped; skips the running test where there is no Prometheus.</summary>
    public static async Task<PrometheusServer> RequireAsync(MeshFixture mesh)
    {
        // Unpacked here, if it has to be, with the time that this takes.
        await PrometheusProgram.RunAsync("prometheus", "--version");
        var server = new PrometheusServer(mesh);
        await Eventually.TrueAsync(server.IsScrapingAsync, "Prometheus scrapes the four services");
        return server;
    }

    /// <summary>The values of an instant query.</summary>
    public async Task<IReadOnlyList<double>> QueryAsync(string query)
    {
        using var form = new FormUrlEncodedContent([new("query", query)]);
        using var response = await _client.PostAsync("/api/v1/query", form, TestContext.Current.CancellationToken);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(response.IsSuccessStatusCode, $"{query}: {answer.RootElement}");
        return [.. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(series => Number(series.GetProperty("value")[1].GetString()!))];
    }

    /// <summary>What went wrong with the rules when they were evaluated, by their names; empty when nothing did.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RuleHealthAsync()
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync("/api/v1/rules", TestContext.Current.CancellationToken));
        return answer.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .ToDictionary(rule => rule.GetProperty("name").GetString()!, rule => rule.GetProperty("health").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsScrapingAsync()
    {
        Assert.False(_process.HasExited, $"Prometheus has ended:\n{Log()}");
        try
        {
            return (await QueryAsync("up == 1")).Count == 4;
        }
        catch (HttpRequestException)
        {
            return false; // It does not listen yet.
        }
        catch (JsonException)
        {
            return false; // It says that it is starting.
        }
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture),
    };

    private string Log()
    {
        lock (_log)
        {
            return _log.ToString();
        }
    }

    private void Append(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
