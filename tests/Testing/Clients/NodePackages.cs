namespace QwenMesh.Testing.Clients;

/// <summary>Packages of npm that tests run, as node/package-lock.json has them.</summary>
internal static class NodePackages
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static string Folder { get; } = Path.Combine(GoldenFolder.Repository, "tests", "Testing", "Clients", "node");

    /// <summary>Installs them unless they are there.</summary>
    public static async Task InstallAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Longest);
        // Test programs run side by side, and one's installation removes what another runs.
        using (await LockAsync(Path.Combine(GoldenFolder.Repository, "artifacts", "openai-client.lock"), bound.Token))
        {
            if (!IsInstalled())
            {
                await ClientProgram.OutputAsync("npm", Folder, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], "", bound.Token);
            }
        }
    }

    // npm writes its own lock last.
    private static bool IsInstalled()
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));
    }

    private static async Task<FileStream> LockAsync(string file, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}
