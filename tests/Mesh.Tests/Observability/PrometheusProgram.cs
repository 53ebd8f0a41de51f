using System.Diagnostics;

namespace QwenMesh.Mesh.Tests.Observability;

/// <summary>Programs of Prometheus, by the script beside this file; tests are skipped, with its reason, where there are none.</summary>
internal static class PrometheusProgram
{
    private const int ExitUnavailable = 69;

    // The script may unpack them first.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <inheritdoc cref="ReadAsync"/>
    public static Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) => ReadAsync("", program, arguments);

    /// <summary>Runs a program to its end, with this as its input.</summary>
    /// <returns>Its exit code, and what it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> ReadAsync(string input, string program, params string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var process = Start(program, arguments);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var answer = process.StandardOutput.ReadToEndAsync(limit.Token);
            await WriteAsync(process.StandardInput, input, limit.Token);
            var output = await answer + await errors;
            await process.WaitForExitAsync(limit.Token);
            Assert.SkipWhen(process.ExitCode == ExitUnavailable, $"needs Prometheus: {output.Trim()}");
            return (process.ExitCode, output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public static Process Start(string program, params string[] arguments)
    {
        var script = Path.Combine(Repository.Root, "tests", "Mesh.Tests", "Observability", "prometheus");
        return Process.Start(new ProcessStartInfo(script, [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static async Task WriteAsync(StreamWriter standardInput, string input, CancellationToken cancellationToken)
    {
        try
        {
            await standardInput.WriteAsync(input.AsMemory(), cancellationToken);
            standardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading, and says why.
        }
    }
}
