using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QwenMesh.Mesh.Tests;

/// <summary>The README's first command, as a user runs it, on ports of its own.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _runDirectory = Directory.CreateTempSubdirectory("qwenmesh-command-").FullName;
    private readonly Dictionary<string, string> _environment;
    private readonly int _httpPort;

    public CommandTests()
    {
        string[] names = ["", "GRPC_", "ENCODER_", "DENOISER_", "VAE_", "ENCODER_HTTP_", "DENOISER_HTTP_", "VAE_HTTP_"];
        var ports = FreePorts(names.Length);
        _environment = names.Zip(ports).ToDictionary(pair => pair.First.Length == 0 ? "QWENMESH_HTTP_PORT" : $"QWENMESH_{pair.First}PORT", pair => $"{pair.Second}");
        _environment["QWENMESH_RUN_DIR"] = _runDirectory;
        _httpPort = ports[0];
    }

    [Fact]
    public async Task Up_status_and_down_do_what_they_say()
    {
        var (code, output) = await RunAsync("up", "--detach");
        try
        {
            Assert.True(code == 0, output);
            foreach (var name in new[] { "encoder", "denoiser", "vae", "gateway" })
            {
                Assert.Matches($@"{name} +starting\.* ready \(\d+ s\)", output);
            }
            Assert.Contains("./qwenmesh generate", output, StringComparison.Ordinal);
            Assert.Equal(4, (await RunAsync("status")).Output.Split('\n').Count(line => line.Contains(" ready ", StringComparison.Ordinal)));
            var again = await RunAsync("up", "--detach");
            Assert.NotEqual(0, again.Code);
            Assert.Contains("running already", again.Output, StringComparison.Ordinal);
            using var client = new HttpClient();
            Assert.True((await client.GetAsync($"http://127.0.0.1:{_httpPort}/v1/health/ready", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
        }
        finally
        {
            var (stopped, text) = await RunAsync("down");
            Assert.Equal(0, stopped);
            Assert.Contains("Stopped gateway encoder denoiser vae.", text, StringComparison.Ordinal);
        }
        var status = await RunAsync("status");
        Assert.NotEqual(0, status.Code);
        Assert.Equal(4, status.Output.Split('\n').Count(line => line.EndsWith("stopped", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Interrupting_up_stops_all_four()
    {
        using var up = Process.Start(Start("up"))!;
        up.StandardInput.Close();
        var lines = new List<string>();
        while (await up.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("Ctrl-C", StringComparison.Ordinal))
            {
                break;
            }
        }
        var pids = Directory.GetFiles(_runDirectory, "*.pid").Select(file => int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)).ToArray();
        using (var interrupt = Process.Start("kill", ["-INT", $"{up.Id}"]))
        {
            await interrupt.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        }
        var rest = await up.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        await up.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(4, pids.Length);
        Assert.Contains("Stopped gateway encoder denoiser vae.", rest, StringComparison.Ordinal);
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}"), $"process {pid} still runs"));
        Assert.True(lines.Count > 5, string.Join('\n', lines));
    }

    [Fact]
    public async Task A_folder_without_a_checkpoint_is_refused_before_anything_starts()
    {
        var (code, output) = await RunAsync("up", "--model", _runDirectory);
        Assert.NotEqual(0, code);
        Assert.Contains("no model_index.json", output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_runDirectory, recursive: true);

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(Start(arguments))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output + await errors);
    }

    private ProcessStartInfo Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "qwenmesh"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (key, value) in _environment)
        {
            start.Environment[key] = value;
        }
        return start;
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            return [.. listeners.Select(listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            })];
        }
        finally
        {
            foreach (var listener in listeners)
            {
                listener.Dispose();
            }
        }
    }
}
