using System.Text.RegularExpressions;

namespace QwenMesh.Checkpoints;

/// <summary>Folders of the Hugging Face cache: .../models--Qwen--Qwen-Image-2512/snapshots/COMMIT.</summary>
internal static partial class HubCache
{
    /// <summary>The repository that a snapshot is of, e.g. "Qwen/Qwen-Image-2512"; null for any other folder.</summary>
    public static string? RepositoryOf(string folder)
    {
        var match = Snapshot().Match(folder.Replace('\\', '/'));
        return match.Success ? $"{match.Groups["owner"].Value}/{match.Groups["name"].Value}" : null;
    }

    [GeneratedRegex("/models--(?<owner>[A-Za-z0-9][A-Za-z0-9._-]*?)--(?<name>[A-Za-z0-9][A-Za-z0-9._-]*)/snapshots/[^/]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Snapshot();
}
