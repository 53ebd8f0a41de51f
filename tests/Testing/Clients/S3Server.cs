using System.Diagnostics;
using System.Globalization;

namespace QwenMesh.Testing.Clients;

/// <summary>s3rver, a real S3 service in a process of Node.js, with an empty bucket "files". Its keys are "S3RVER" and "S3RVER".</summary>
public sealed class S3Server : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder;
    private Process _process;

    private S3Server(Process process, TemporaryFolder folder, string endpoint) => (_process, _folder, Endpoint) = (process, folder, endpoint);

    public string Endpoint { get; private set; }

    public static async Task<S3Server> StartAsync(CancellationToken cancellationToken)
    {
        await NodePackages.InstallAsync(cancellationToken);
        var folder = new TemporaryFolder();
        try
        {
            var (process, endpoint) = await StartAsync(folder, cancellationToken);
            return new S3Server(process, folder, endpoint);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Sends a signal, e.g. "STOP", and does not wait for what comes of it.</summary>
    public Task SignalAsync(string signal) => Signals.SendAsync(signal, _process.Id);

    /// <summary>Another process on the same files, at another endpoint.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await EndAsync();
        (_process, Endpoint) = await StartAsync(_folder, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _folder.Dispose();
    }

    private static async Task<(Process Process, string Endpoint)> StartAsync(TemporaryFolder folder, CancellationToken cancellationToken)
    {
        // It pages with tokens of a cipher that OpenSSL has left behind.
        var process = ClientProgram.Start(new ProcessStartInfo("node", ["--openssl-legacy-provider", "s3.mjs", folder.Path])
        {
            WorkingDirectory = NodePackages.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Longest, cancellationToken);
            return (process, $"http://127.0.0.1:{int.Parse(line ?? "", CultureInfo.InvariantCulture)}");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    private async Task EndAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Longest);
        _process.Dispose();
    }
}
