using System.Text.Json;

namespace QwenMesh.Grpc.Tests.Interop;

/// <summary>What a client program printed: a line of JSON for each case.</summary>
internal static class CaseReport
{
    /// <summary>Error by case; null for a case that passed.</summary>
    public static IReadOnlyDictionary<string, string?> Parse(string output) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonElement.Parse(line))
        .ToDictionary(
            line => line.GetProperty("case").GetString()!,
            line => line.GetProperty("ok").GetBoolean() ? null : line.GetProperty("error").GetString());
}
