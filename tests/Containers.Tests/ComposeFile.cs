using System.Diagnostics;
using System.Text.Json;
using QwenMesh.Testing;

namespace QwenMesh.Containers.Tests;

/// <summary>compose.yaml as Docker's compose reads it: merged, with the variables' defaults.</summary>
internal static class ComposeFile
{
    private const int ExitUnavailable = 69;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>The services; skips the running test, with the reason, where there is no compose.</summary>
    public static async Task<IReadOnlyDictionary<string, ComposeService>> RequireAsync(CancellationToken cancellationToken)
    {
        var script = Path.Combine(GoldenFolder.Repository, "tests", "Containers.Tests", "compose");
        var (code, output, errors) = await RunAsync(
            script, ["-f", Path.Combine(GoldenFolder.Repository, "compose.yaml"), "config", "--format", "json"], Limit, cancellationToken);
        Assert.SkipWhen(code == ExitUnavailable, $"needs Docker's compose: {errors.Trim()}");
        Assert.True(code == 0, errors);
        return JsonElement.Parse(output).GetProperty("services").EnumerateObject().ToDictionary(service => service.Name, service => new ComposeService(service.Value));
    }

    internal static async Task<(int Code, string Output, string Errors)> RunAsync(
        string file, string[] arguments, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(bound.Token);
            var errors = process.StandardError.ReadToEndAsync(bound.Token);
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

/// <summary>One service of compose.yaml.</summary>
internal sealed class ComposeService(JsonElement json)
{
    public string Image => json.GetProperty("image").GetString()!;

    /// <summary>Target of the Dockerfile; null for images of others.</summary>
    public string? Target => json.TryGetProperty("build", out var build) ? build.GetProperty("target").GetString() : null;

    public bool IsReadOnly => json.TryGetProperty("read_only", out var only) && only.GetBoolean();

    public IReadOnlyDictionary<string, string> Environment =>
        json.GetProperty("environment").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!);

    public IReadOnlyList<string> Temporary => Texts("tmpfs");

    public IReadOnlyList<string> DroppedCapabilities => Texts("cap_drop");

    public IReadOnlyList<string> SecurityOptions => Texts("security_opt");

    public IReadOnlyList<string> Networks => [.. json.GetProperty("networks").EnumerateObject().Select(network => network.Name)];

    /// <summary>Folders of this machine and where they are mounted, read-only.</summary>
    public IReadOnlyList<(string Source, string Target)> Folders => [.. Objects("volumes")
        .Where(volume => volume.GetProperty("type").GetString() == "bind" && volume.GetProperty("read_only").GetBoolean())
        .Select(volume => (volume.GetProperty("source").GetString()!, volume.GetProperty("target").GetString()!))];

    /// <summary>Published ports: the address of this machine, and the port within.</summary>
    public IReadOnlyList<(string Address, ushort Port)> Ports =>
        [.. Objects("ports").Select(port => (port.GetProperty("host_ip").GetString()!, port.GetProperty("target").GetUInt16()))];

    private IReadOnlyList<string> Texts(string name) => [.. Objects(name).Select(one => one.GetString()!)];

    private List<JsonElement> Objects(string name) => json.TryGetProperty(name, out var list) ? [.. list.EnumerateArray()] : [];
}
