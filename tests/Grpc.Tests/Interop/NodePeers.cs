namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>The grpc-js programs. Their packages are installed once, as the lock file says.</summary>
internal static class NodePeers
{
    private const string Hint = "Install Node.js 20 or later with npm (Debian: nodejs, npm).";

    private static readonly Lazy<Task> Packages = new(InstallPackagesAsync);

    public static async Task<(PeerProcess Process, int Port)> StartServerAsync(CancellationToken cancellationToken)
    {
        await Packages.Value;
        var process = PeerProcess.Start("node", Hint, "node", "server.mjs");
        var ready = await process.ReadLineAsync(cancellationToken);
        return (process, ready.GetProperty("port").GetInt32());
    }

    public static async Task<IReadOnlyDictionary<string, string?>> RunClientAsync(int port, IEnumerable<string> cases, CancellationToken cancellationToken)
    {
        await Packages.Value;
        using var process = PeerProcess.Start("node", Hint, "node", ["client.mjs", $"{port}", .. cases]);
        return CaseReport.Parse(await process.ReadToEndAsync(cancellationToken));
    }

    private static async Task InstallPackagesAsync()
    {
        if (File.Exists(Path.Combine(PeerProcess.Folder, "node", "node_modules", "@grpc", "grpc-js", "package.json")))
        {
            return;
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var npm = PeerProcess.Start("npm", Hint, "node", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        await npm.ReadToEndAsync(timeout.Token);
    }
}
