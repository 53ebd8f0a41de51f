using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Wire.Tests.Interop;

/// <summary>A program on another gRPC implementation: it runs all cases and prints a line of JSON for each.</summary>
internal static class ForeignClient
{
    public const string GrpcJs = "grpc-js";
    public const string Grpcio = "grpcio";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly string Folder = Path.Combine(GoldenFolder.Repository, "tests", "Wire.Tests", "Interop");

    /// <param name="name">Which client.</param>
    /// <param name="setup">Its only argument, as JSON.</param>
    /// <returns>What it printed, by case.</returns>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunAsync(string name, object setup)
    {
        var argument = JsonSerializer.Serialize(setup);
        if (name == Grpcio)
        {
            // The distribution's modules belong to the distribution's Python.
            return Report(await OutputAsync("/usr/bin/python3", "python", ["-B", "client.py", argument]));
        }
        // npm writes this last: what it did not end is done again.
        if (!File.Exists(Path.Combine(Folder, "node", "node_modules", ".package-lock.json")))
        {
            await OutputAsync("npm", "node", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        }
        return Report(await OutputAsync("node", "node", ["client.mjs", argument]));
    }

    private static Dictionary<string, JsonElement> Report(string output) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonElement.Parse(line))
        .ToDictionary(line => line.GetProperty("case").GetString()!);

    private static async Task<string> OutputAsync(string file, string subfolder, string[] arguments)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(Longest);
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = Path.Combine(Folder, subfolder),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(bound.Token);
            var output = await process.StandardOutput.ReadToEndAsync(bound.Token);
            await process.WaitForExitAsync(bound.Token);
            Assert.True(process.ExitCode == 0, $"'{file} {arguments[0]}' ended with exit code {process.ExitCode}: {await errors}\n{output}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException(
                $"'{start.FileName}' could not be started; install Node.js 20 with npm, and Python with gRPC (Debian: nodejs, npm, python3-grpcio, python3-protobuf)", missing);
        }
    }
}
