using System.Diagnostics;

namespace QwenMesh.Mesh.Tests;

/// <summary>Drops what goes to and from a TCP port of this machine, as when the machine behind it is gone: nothing is acknowledged, nothing refused.</summary>
internal sealed class SilencedPort : IAsyncDisposable
{
    private const int Unused = 1;
    private const string Program = "/usr/sbin/iptables";
    private const string Mark = "qwenmesh-tests-";

    // Another one may change rules at the same time, e.g. a Docker daemon.
    private static readonly string[] Waiting = ["-w", "20"];

    private int? _port;

    /// <summary>Skips the running test where packets cannot be filtered.</summary>
    public static async Task<SilencedPort> RequireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var silenced = new SilencedPort();
        try
        {
            await silenced.SilenceAsync(Unused);
            await silenced.DisposeAsync();
            await RemoveLeftAsync();
            return silenced;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            Assert.Skip($"needs iptables and the right to use it: {exception.Message}");
            throw;
        }
    }

    public async Task SilenceAsync(int port)
    {
        await ChangeAsync("-I", port);
        _port = port;
    }

    public async ValueTask DisposeAsync()
    {
        if (_port is { } port)
        {
            _port = null;
            await ChangeAsync("-D", port);
        }
    }

    private static async Task ChangeAsync(string how, int port)
    {
        foreach (var side in new[] { "--dport", "--sport" })
        {
            await RunAsync([how, "INPUT", "-i", "lo", "-p", "tcp", side, $"{port}", "-m", "comment", "--comment", $"{Mark}{Environment.ProcessId}", "-j", "DROP"]);
        }
    }

    /// <summary>Rules of test programs that were killed would silence whoever is given the port later.</summary>
    private static async Task RemoveLeftAsync()
    {
        foreach (var rule in (await RunAsync(["-S", "INPUT"])).Split('\n'))
        {
            var words = rule.Split(' ');
            var process = Array.Find(words, word => word.StartsWith(Mark, StringComparison.Ordinal))?[Mark.Length..];
            if (process is not null && !Directory.Exists($"/proc/{process}"))
            {
                await RunAsync(["-D", .. words[1..]]);
            }
        }
    }

    private static async Task<string> RunAsync(string[] arguments)
    {
        using var iptables = Process.Start(new ProcessStartInfo(Program, [.. Waiting, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (iptables.StandardOutput.ReadToEndAsync(), iptables.StandardError.ReadToEndAsync());
        await iptables.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return iptables.ExitCode == 0 ? await output : throw new InvalidOperationException(await errors);
    }
}
