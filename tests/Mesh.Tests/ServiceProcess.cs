using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests;

/// <summary>One of the mesh's executables as a process of its own, on loopback.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;
    private readonly TemporaryFolder? _folder;

    private ServiceProcess(string name, Process process, int grpcPort, int httpPort, TemporaryFolder? folder)
    {
        Name = name;
        (_process, _folder) = (process, folder);
        GrpcPort = grpcPort;
        HttpPort = httpPort;
    }

    public string Name { get; }

    public int GrpcPort { get; }

    public int HttpPort { get; }

    public int Id => _process.Id;

    public string GrpcAddress => $"http://127.0.0.1:{GrpcPort}";

    public string Log => string.Join('\n', _output);

    /// <param name="before">One that has ended, whose ports it takes.</param>
    public static ServiceProcess StartStage(string name, string model, IReadOnlyDictionary<string, string>? settings = null, ServiceProcess? before = null)
    {
        var (grpc, http) = before is null ? (FreePorts.Next(), FreePorts.Next()) : (before.GrpcPort, before.HttpPort);
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["Model__Path"] = model,
            ["Stage__GrpcPort"] = $"{grpc}",
            ["Stage__HttpPort"] = $"{http}",
        };
        return Start(name, grpc, http, all);
    }

    public static ServiceProcess StartGateway(
        IEnumerable<ServiceProcess> encoders, IEnumerable<ServiceProcess> denoisers, IEnumerable<ServiceProcess> vaes,
        IReadOnlyDictionary<string, string>? settings = null)
    {
        var (grpc, http) = (FreePorts.Next(), FreePorts.Next());
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["Gateway__HttpPort"] = $"{http}",
            ["Gateway__GrpcPort"] = $"{grpc}",
        };
        // Its own, unless the test has one that outlives the process.
        var folder = all.ContainsKey("Jobs__Folder") ? null : new TemporaryFolder();
        if (folder is not null)
        {
            all["Jobs__Folder"] = folder.Path;
        }
        foreach (var (stage, pool) in new[] { ("Encoder", encoders), ("Denoiser", denoisers), ("Vae", vaes) })
        {
            foreach (var (index, process) in pool.Index())
            {
                all[$"Stages__{stage}__Addresses__{index}"] = process.GrpcAddress;
            }
        }
        return Start("Gateway", grpc, http, all, folder);
    }

    /// <summary>Waits until the readiness route answers 200.</summary>
    public async Task<ServiceProcess> ReadyAsync(string path, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{HttpPort}"), Timeout = TimeSpan.FromSeconds(5) };
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < TimeSpan.FromSeconds(120))
        {
            Assert.False(_process.HasExited, $"{Name} ended while starting:\n{Log}");
            try
            {
                using var response = await client.GetAsync(path, cancellationToken);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return this;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
            }
            await Task.Delay(100, cancellationToken);
        }
        throw new TimeoutException($"{Name} is not ready after 120 s:\n{Log}");
    }

    /// <summary>Asks the process to stop (SIGTERM) and waits until it has.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            await SignalAsync("TERM");
        }
        return await EndAsync();
    }

    /// <summary>Waits until the process has ended.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return _process.ExitCode;
    }

    /// <summary>Ends the process at once (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal, e.g. "STOP", and does not wait for what comes of it.</summary>
    public Task SignalAsync(string signal) => Signals.SendAsync(signal, Id);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        }
        _process.Dispose();
        _folder?.Dispose();
    }

    private static ServiceProcess Start(string name, int grpcPort, int httpPort, Dictionary<string, string> settings, TemporaryFolder? jobs = null)
    {
        // artifacts/bin/QwenMesh.Mesh.Tests/release -> artifacts/bin/QwenMesh.Encoder/release
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(own.Parent!.Parent!.FullName, $"QwenMesh.{name}", own.Name, $"QwenMesh.{name}");
        // Where systemd and containers start programs, too.
        var start = new ProcessStartInfo(binary) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }
        var process = new Process { StartInfo = start };
        var service = new ServiceProcess(name, process, grpcPort, httpPort, jobs);
        process.OutputDataReceived += (_, line) => service.Append(line.Data);
        process.ErrorDataReceived += (_, line) => service.Append(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return service;
    }

    private void Append(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }
    }
}
