using System.Diagnostics;
using System.Globalization;

namespace QwenMesh.Testing.Clients;

/// <summary>s3rver, a real S3 service in a process of Node.js, with an empty bucket "files". Its keys are "S3RVER" and "S3RVER".</summary>
public sealed class S3Server : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly TemporaryFolder _folder;

    private S3Server(Process process, TemporaryFolder folder, int port)
    {
        (_process, _folder) = (process, folder);
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
    }

    public string Endpoint { get; }

    public static async Task<S3Server> StartAsync(CancellationToken cancellationToken)
    {
        await NodePackages.InstallAsync(cancellationToken);
        var folder = new TemporaryFolder();
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
            return new S3Server(process, folder, int.Parse(line ?? "", CultureInfo.InvariantCulture));
        }
        catch
        {
            process.Kill();
            process.Dispose();
            folder.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Longest);
        _process.Dispose();
        _folder.Dispose();
    }
}
