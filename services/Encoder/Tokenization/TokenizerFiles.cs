using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>What a tokenizer folder says, in either of its layouts.</summary>
/// <param name="Vocabulary">Symbol to id.</param>
/// <param name="Merges">Pairs in the order of their ranks.</param>
/// <param name="AddedTokens">Text to id of the tokens that are split off before anything else.</param>
internal sealed record TokenizerFiles(
    Dictionary<string, int> Vocabulary, IReadOnlyList<(string Left, string Right)> Merges, Dictionary<string, int> AddedTokens)
{
    /// <summary>Reads vocab.json, merges.txt and added_tokens.json, or else tokenizer.json.</summary>
    /// <exception cref="CheckpointException">Neither layout is there, a file is malformed, or it asks for another kind of tokenizer.</exception>
    public static TokenizerFiles Read(string folder)
    {
        if (File.Exists(Path.Combine(folder, "vocab.json")))
        {
            return new(
                ReadIds(Path.Combine(folder, "vocab.json")),
                ReadMerges(Path.Combine(folder, "merges.txt")),
                ReadIds(Path.Combine(folder, "added_tokens.json")));
        }
        var single = Path.Combine(folder, "tokenizer.json");
        return File.Exists(single)
            ? TokenizerJson.Read(single)
            : throw new CheckpointException(folder, null, "vocab.json with merges.txt and added_tokens.json, or tokenizer.json", "neither");
    }

    /// <summary>Largest token id.</summary>
    public int MaxId => Math.Max(Vocabulary.Values.Max(), AddedTokens.Values.DefaultIfEmpty().Max());

    internal static Dictionary<string, int> Ids(string path, JsonElement map)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            ids.Add(entry.Name, Id(path, entry.Name, entry.Value));
        }
        return ids.Count > 0 ? ids : throw new CheckpointException(path, null, "at least one token", "none");
    }

    internal static int Id(string path, string token, JsonElement value) =>
        token.Length > 0 && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id >= 0
            ? id
            : throw new CheckpointException(path, null, $"an id for '{token}'", value.GetRawText());

    private static Dictionary<string, int> ReadIds(string path)
    {
        using var document = JsonFile.Parse(path, JsonFile.ReadText(path));
        return Ids(path, document.RootElement);
    }

    private static List<(string Left, string Right)> ReadMerges(string path)
    {
        var merges = new List<(string Left, string Right)>();
        using var lines = new StringReader(JsonFile.ReadText(path));
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version:", StringComparison.Ordinal)))
            {
                continue;
            }
            merges.Add(Merge(path, line));
        }
        return merges;
    }

    internal static (string Left, string Right) Merge(string path, string line) => line.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right]
        ? (left, right)
        : throw new CheckpointException(path, null, "merges of two symbols", $"'{line}'");
}
