using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.OpenAi.Clients;

/// <summary>A program that calls the Gateway with a client of others and prints a line of JSON for each case.</summary>
internal static class ClientProgram
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly string Folder = Path.Combine(GoldenFolder.Repository, "tests", "Gateway.Tests", "OpenAi", "Clients");

    /// <summary>The vendor's client for JavaScript.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunNodeAsync(object setup)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node", "node_modules", "openai")))
        {
            await OutputAsync("npm", "node", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        }
        return Report(await OutputAsync("node", "node", ["client.mjs", JsonSerializer.Serialize(setup)]));
    }

    /// <summary>Python's requests; the distribution's modules belong to the distribution's Python.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunPythonAsync(object setup) =>
        Report(await OutputAsync("/usr/bin/python3", "python", ["-B", "client.py", JsonSerializer.Serialize(setup)]));

    private static Dictionary<string, JsonElement> Report(string output) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonElement.Parse(line))
        .ToDictionary(line => line.GetProperty("case").GetString()!);

    private static async Task<string> OutputAsync(string file, string subfolder, string[] arguments)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(Longest);
        using var process = Start(new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = Path.Combine(Folder, subfolder),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
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
                $"'{start.FileName}' could not be started; install Node.js 20 with npm, and Python with requests (Debian: nodejs, npm, python3-requests)", missing);
        }
    }
}
