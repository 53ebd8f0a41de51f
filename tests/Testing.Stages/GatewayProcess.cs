using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Testing.Stages;

/// <summary>The Gateway's executable as a process of its own, on loopback, with ports of its own.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    private const int MostLines = 200;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    private GatewayProcess(Process process, int httpPort) => (_process, Address) = (process, new Uri($"http://127.0.0.1:{httpPort}"));

    public Uri Address { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines that it wrote.</summary>
    public string Log => string.Join('\n', _output);

    /// <param name="settings">As environment variables.</param>
    public static GatewayProcess Start(IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // artifacts/bin/QwenMesh.Jobs.Tests/release -> artifacts/bin/QwenMesh.Gateway/release
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(folder.Parent!.Parent!.FullName, "QwenMesh.Gateway", folder.Name, "QwenMesh.Gateway");
        var (http, grpc) = FreePorts();
        var start = new ProcessStartInfo(binary) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }
        start.Environment["Gateway__HttpPort"] = $"{http}";
        start.Environment["Gateway__GrpcPort"] = $"{grpc}";
        var gateway = new GatewayProcess(new Process { StartInfo = start }, http);
        gateway.Begin();
        return gateway;
    }

    /// <summary>Waits until it takes generations.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    /// <exception cref="TimeoutException">It does not in two minutes.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        for (var since = Stopwatch.StartNew(); since.Elapsed < StartLimit;)
        {
            if (HasExited)
            {
                throw new InvalidOperationException($"the gateway has ended:\n{Log}");
            }
            try
            {
                using var response = await client.GetAsync(new Uri("/v1/health/ready", UriKind.Relative), cancellationToken);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // It does not listen yet.
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
        _process.Dispose();
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
        _output.Enqueue(line);
        if (_output.Count > MostLines)
        {
            _output.TryDequeue(out _);
        }
    }

    // Both are held until both are known, so that they differ.
    private static (int Http, int Grpc) FreePorts()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
