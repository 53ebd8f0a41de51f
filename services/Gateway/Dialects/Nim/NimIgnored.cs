using System.Text.Json;
using QwenMesh.Gateway.Jobs;

namespace QwenMesh.Gateway.Dialects.Nim;

/// <summary>Names of fields that had no influence, kept with the job: every answer to the request tells them.</summary>
internal static class NimIgnored
{
    /// <summary><see cref="JobSubmission.Extra"/>; no more than the header tells.</summary>
    public static string? Write(IReadOnlyList<string> names) => names.Count == 0
        ? null
        : JsonSerializer.Serialize(names.Take(ResponseHeaders.MaxNames).Select(name => name.Length > Echo.Most ? name[..Echo.Most] : name));

    public static IReadOnlyList<string> Of(Job job) => job.Extra is null ? [] : JsonSerializer.Deserialize<string[]>(job.Extra) ?? [];
}
