using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace QwenMesh.Testing.Stages;

/// <summary>The Gateway's executable as a process of its own, on loopback, on ports that the system chooses.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private const int MostLines = 200;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _http = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _grpc = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool _isDisposed;

    private GatewayProcess(Process process) => _process = process;

    /// <summary>Where it takes the dialects' requests; null until it listens.</summary>
    public Uri? Http => _http.Task.IsCompletedSuccessfully ? _http.Task.Result : null;

    /// <summary>Where it takes gRPC; null until it listens.</summary>
    public Uri? Grpc => _grpc.Task.IsCompletedSuccessfully ? _grpc.Task.Result : null;

    public bool HasExited => _isDisposed || _process.HasExited;

    /// <summary>The last lines that it wrote.</summary>
    public string Log => string.Join('\n', _output);

    /// <param name="settings">As environment variables.</param>
    public static GatewayProcess Start(IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // artifacts/bin/QwenMesh.Jobs.Tests/release -> artifacts/bin/QwenMesh.Gateway/release
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(folder.Parent!.Parent!.FullName, "QwenMesh.Gateway", folder.Name, "QwenMesh.Gateway");
        var start = new ProcessStartInfo(binary) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        // It lives for a few seconds: what the compiler would learn of it is not worth the time.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }
        start.Environment["Gateway__HttpPort"] = "0";
        start.Environment["Gateway__GrpcPort"] = "0";
        // It says where it listens.
        start.Environment["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information";
        var gateway = new GatewayProcess(new Process { StartInfo = start });
        gateway.Begin();
        return gateway;
    }

    /// <summary>Waits until it takes generations.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    /// <exception cref="TimeoutException">It does not in two minutes.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var since = Stopwatch.StartNew(); since.Elapsed < StartLimit;)
        {
            if (HasExited)
            {
                throw new InvalidOperationException($"the gateway has ended:\n{Log}");
            }
            try
            {
                if (Http is { } http && await IsReadyAsync(client, http, cancellationToken))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // It is busy, or about to end.
            }
            await Task.Delay(50, cancellationToken);
        }
        throw new TimeoutException($"the gateway is not ready:\n{Log}");
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(EndLimit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            await KillAsync();
        }
        _isDisposed = true;
        _process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri http, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(new Uri(http, "/v1/health/ready"), cancellationToken);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private void Begin()
    {
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Append(string? line)
    {
        if (line is null)
        {
            return;
        }
        Listens(line);
        _output.Enqueue(line);
        if (_output.Count > MostLines)
        {
            _output.TryDequeue(out _);
        }
    }

    // Of HTTP first, then of gRPC.
    private void Listens(string line)
    {
        if (_grpc.Task.IsCompleted || !line.Contains("Now listening on", StringComparison.Ordinal))
        {
            return;
        }
        using var message = JsonDocument.Parse(line);
        var address = new Uri(message.RootElement.GetProperty("State").GetProperty("address").GetString()!);
        (_http.TrySetResult(address) ? _http : _grpc).TrySetResult(address);
    }
}
