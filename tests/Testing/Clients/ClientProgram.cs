using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace QwenMesh.Testing.Clients;

/// <summary>A program that calls the Gateway with a client of others and prints a line of JSON for each case. What it is told is in client.mjs.</summary>
public static class ClientProgram
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly string PythonFolder = Path.Combine(GoldenFolder.Repository, "tests", "Testing", "Clients", "python");
    private static readonly string ShellFolder = Path.Combine(GoldenFolder.Repository, "tests", "Testing", "Clients", "shell");

    /// <summary>The vendor's client for JavaScript, or another program of the folder node.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunNodeAsync(object setup, CancellationToken cancellationToken, string program = "client.mjs")
    {
        await NodePackages.InstallAsync(cancellationToken);
        using var bound = Bound(cancellationToken);
        return Report(await OutputAsync("node", NodePackages.Folder, [program], JsonSerializer.Serialize(setup), bound.Token));
    }

    /// <summary>Python's requests, or another program of the folder python; the distribution's modules belong to the distribution's Python.</summary>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunPythonAsync(object setup, CancellationToken cancellationToken, string program = "client.py")
    {
        using var bound = Bound(cancellationToken);
        return Report(await OutputAsync("/usr/bin/python3", PythonFolder, ["-B", program], JsonSerializer.Serialize(setup), bound.Token));
    }

    /// <summary>curl and jq.</summary>
    /// <param name="script">Name of a file in tests/Testing/Clients/shell.</param>
    /// <param name="setup">What it is told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyDictionary<string, JsonElement>> RunShellAsync(string script, object setup, CancellationToken cancellationToken)
    {
        using var bound = Bound(cancellationToken);
        return Report(await OutputAsync("bash", ShellFolder, [script], JsonSerializer.Serialize(setup), bound.Token));
    }

    private static CancellationTokenSource Bound(CancellationToken cancellationToken)
    {
        var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Longest);
        return bound;
    }

    private static Dictionary<string, JsonElement> Report(string output) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonElement.Parse(line))
        .ToDictionary(line => line.GetProperty("case").GetString()!);

    internal static async Task<string> OutputAsync(string file, string folder, string[] arguments, string input, CancellationToken cancellationToken)
    {
        using var process = Start(new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            Assert.True(process.ExitCode == 0, $"'{file} {arguments[0]}' ended with exit code {process.ExitCode}: {await errors}\n{await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException(
                $"'{start.FileName}' could not be started; install Node.js 20 with npm, Python with requests, curl, jq and awk (Debian: nodejs, npm, python3-requests, curl, jq, mawk)", missing);
        }
    }
}
