using System.Diagnostics;
using System.Globalization;
using QwenMesh.Testing;

namespace QwenMesh.Mesh.Tests.Command;

/// <summary>./qwenmesh as a user runs it, with a state folder and ports of its own. Disposing stops what it has started.</summary>
internal sealed class MeshCommand : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10); // `up` builds first.
    private static readonly string[] Variables =
        ["HTTP_PORT", "GRPC_PORT", "ENCODER_PORT", "DENOISER_PORT", "VAE_PORT", "ENCODER_HTTP_PORT", "DENOISER_HTTP_PORT", "VAE_HTTP_PORT"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    public MeshCommand()
    {
        _environment = Variables.ToDictionary(name => $"QWENMESH_{name}", _ => $"{FreePorts.Next()}");
        _environment["QWENMESH_RUN_DIR"] = _folder.Path;
    }

    private MeshCommand(MeshCommand other) =>
        _environment = new Dictionary<string, string>(other._environment) { ["QWENMESH_RUN_DIR"] = _folder.Path };

    public string RunFolder => _folder.Path;

    public string HttpPort => this["QWENMESH_HTTP_PORT"];

    public string this[string variable]
    {
        get => _environment[variable];
        set => _environment[variable] = value;
    }

    /// <summary>The same ports with another state folder.</summary>
    public MeshCommand Beside() => new(this);

    public Task<(int Code, string Output)> RunAsync(params string[] arguments) => RunProgramAsync(Path.Combine(Repository.Root, "qwenmesh"), arguments);

    /// <summary>Runs another program in the same environment. Output: what it writes, errors last.</summary>
    public async Task<(int Code, string Output)> RunProgramAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Start(program, arguments))!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(Token).WaitAsync(Limit);
            var errors = process.StandardError.ReadToEndAsync(Token).WaitAsync(Limit);
            await process.WaitForExitAsync(Token).WaitAsync(Limit);
            return (process.ExitCode, await output + await errors);
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Waits until <c>status</c> finds all four ready: it is told so in a few seconds, or takes one that stands still for longer for not ready.</summary>
    /// <returns>What it says then.</returns>
    public async Task<string> ReadyAsync()
    {
        var said = "";
        await Eventually.TrueAsync(
            async () =>
            {
                (var code, said) = await RunAsync("status");
                return code == 0;
            }, "all four are ready");
        return said;
    }

    /// <summary>Starts the command and leaves it running. It hears SIGINT, which whatever a shell has started in the background, these tests too, does not.</summary>
    public Process Begin(params string[] arguments) =>
        Process.Start(Start("env", ["--default-signal=INT", Path.Combine(Repository.Root, "qwenmesh"), .. arguments]))!;

    /// <summary>The process of a stage.</summary>
    public int Pid(string stage) => int.Parse(File.ReadAllText(Path.Combine(RunFolder, $"{stage}.pid")), CultureInfo.InvariantCulture);

    public async Task SignalAsync(string signal, int pid) => Assert.Equal(0, (await RunProgramAsync("kill", $"-{signal}", $"{pid}")).Code);

    public static bool Runs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false; // It is gone, perhaps since the file was opened.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        _folder.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ProcessStartInfo Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Those of whoever runs the tests are for meshes of theirs.
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith("QWENMESH_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }
        // bash complains of a locale that is not installed, such as one that ssh has brought along.
        start.Environment["LC_ALL"] = "C";
        foreach (var (key, value) in _environment)
        {
            start.Environment[key] = value;
        }
        return start;
    }
}
