using System.Diagnostics;

namespace QwenMesh.Testing.Containers;

/// <summary>Runs <c>docker/image</c>.</summary>
internal static class ImageScript
{
    private const int ExitUnavailable = 69;

    // On two busy cores debootstrap took two minutes.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <param name="Tag">Name of the image.</param>
    /// <param name="FromRegistry">Whether a registry could be reached when it was made.</param>
    /// <param name="Api">Version of the API that the daemon speaks.</param>
    /// <param name="Unavailable">Why there are no containers here; null where there are.</param>
    internal sealed record Answer(string Tag, bool FromRegistry, Version Api, string? Unavailable);

    /// <param name="name">A file of docker/images.</param>
    /// <param name="environment">Added to this process's own.</param>
    internal static async Task<Answer> RunAsync(string name, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var script = Path.Combine(GoldenFolder.Repository, "tests", "Testing.Containers", "docker", "image");
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(script, [name]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        // bash complains of a locale that is not installed, such as one that ssh has brought along, before a script begins.
        process.StartInfo.Environment["LC_ALL"] = "C";
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            process.StartInfo.Environment[key] = value;
        }
        process.Start();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode switch
            {
                0 => Read(await output),
                ExitUnavailable => new Answer("", false, new(), (await errors).Trim()),
                var code => throw new InvalidOperationException($"{script} {name} ended with {code}:\n{await errors}"),
            };
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{script} {name} has not ended after {Limit}", exception);
        }
    }

    private static Answer Read(string line) =>
        line.Trim().Split(' ') is [var tag, ("registry" or "debootstrap") and var origin, var api]
            ? new(tag, origin == "registry", Version.Parse(api), null)
            : throw new InvalidOperationException($"docker/image printed '{line}'");
}
