using System.Diagnostics;

namespace QwenMesh.Dialects.Bench;

/// <summary>A program that says in its first line where it is, and serves until its input closes.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private ChildProcess(Process process, string said) => (_process, Said) = (process, said);

    public string Said { get; }

    /// <summary>Processor time until now.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>This program in another mode.</summary>
    public static async Task<ChildProcess> StartAsync(params string[] mode)
    {
        string[] self = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [typeof(ChildProcess).Assembly.Location] : [];
        return await TryStartAsync(Environment.ProcessPath!, [.. self, .. mode]) ?? throw new InvalidOperationException($"'{string.Join(' ', mode)}' did not start");
    }

    /// <summary>Null when it ends without a word.</summary>
    public static async Task<ChildProcess?> TryStartAsync(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        return said is null ? null : new ChildProcess(process, said);
    }

    /// <summary>What a child does once it serves.</summary>
    public static async Task ServeAsync(string said)
    {
        await Console.Out.WriteLineAsync(said);
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Until the parent closes it, or ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Limit);
        _process.Dispose();
    }
}
