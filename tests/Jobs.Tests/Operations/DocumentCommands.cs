using System.Diagnostics;
using System.Text.RegularExpressions;
using QwenMesh.Testing;

namespace QwenMesh.Jobs.Tests.Operations;

/// <summary>The commands of docs/operations.md, run as they stand there; places come from the variables that the document names.</summary>
internal static partial class DocumentCommands
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The fenced blocks of a section, in their order.</summary>
    /// <param name="title">E.g. "### SQLite".</param>
    public static string[] Read(string title)
    {
        var text = File.ReadAllText(Path.Combine(GoldenFolder.Repository, "docs", "operations.md"));
        var begin = text.IndexOf($"\n{title}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"docs/operations.md has no section '{title}'");
        var section = text[(begin + title.Length + 2)..];
        var end = Heading().Match(section);
        return [.. Fenced().Matches(end.Success ? section[..end.Index] : section).Select(match => match.Groups["commands"].Value)];
    }

    /// <summary>Runs a block in a shell that stops at the first fault.</summary>
    public static async Task RunAsync(string commands, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }
        using var shell = Process.Start(start)!;
        var output = shell.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = shell.StandardError.ReadToEndAsync(cancellationToken);
        await shell.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
        Assert.True(shell.ExitCode == 0, $"{commands}\nended with {shell.ExitCode}:\n{await output}{await errors}");
    }

    [GeneratedRegex(@"^```\w*\n(?<commands>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"^##", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
