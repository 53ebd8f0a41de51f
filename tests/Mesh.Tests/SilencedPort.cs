using System.Diagnostics;

namespace QwenMesh.Mesh.Tests;

/// <summary>Drops what goes to and from a TCP port of this machine, as when the machine behind it is gone: nothing is acknowledged, nothing refused.</summary>
internal sealed class SilencedPort : IAsyncDisposable
{
    private const int Unused = 1;
    private const string Program = "/usr/sbin/iptables";

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
            using var iptables = Process.Start(new ProcessStartInfo(Program, [how, "INPUT", "-i", "lo", "-p", "tcp", side, $"{port}", "-j", "DROP"]) { RedirectStandardError = true })!;
            var errors = await iptables.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
            await iptables.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            if (iptables.ExitCode != 0)
            {
                throw new InvalidOperationException(errors);
            }
        }
    }
}
