using System.Diagnostics;

namespace QwenMesh.Testing;

/// <summary>Signals to other processes.</summary>
public static class Signals
{
    /// <summary>Sends one, e.g. "STOP", and does not wait for what comes of it. To a process that is gone it sends nothing.</summary>
    public static async Task SendAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }
}
