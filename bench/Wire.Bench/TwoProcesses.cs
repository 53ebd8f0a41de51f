using System.Diagnostics;

namespace QwenMesh.Wire.Bench;

/// <summary>Starts a second process of this program as the server and measures against it.</summary>
internal static class TwoProcesses
{
    public static async Task RunAsync(int rounds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TwoProcesses).Assembly.Location);
        }

        start.ArgumentList.Add("server");
        using var server = Process.Start(start)!;
        try
        {
            var ports = (await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start.")).Split(' ');
            await Measurement.RunAsync(int.Parse(ports[0], null), int.Parse(ports[1], null), rounds, server);
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
        }
    }
}
