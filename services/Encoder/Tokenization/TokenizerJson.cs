using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// tokenizer.json, the single file of newer checkpoints. It can describe many kinds of tokenizers; everything that differs from Qwen2's is
/// refused rather than ignored.
/// </summary>
internal static class TokenizerJson
{
    public static TokenizerFiles Read(string path)
    {
        using var document = JsonFile.Parse(path, JsonFile.ReadText(path));
        try
        {
            return Read(path, document.RootElement);
        }
        catch (Exception malformed) when (malformed is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(path, null, "a tokenizer of Qwen2's kind", malformed.Message, malformed);
        }
    }

    private static TokenizerFiles Read(string path, JsonElement root)
    {
        var model = root.GetProperty("model");
        Demand(path, "model.type", "BPE", model.GetProperty("type").GetString());
        foreach (var flag in new[] { "byte_fallback", "ignore_merges", "fuse_unk" })
        {
            Demand(path, $"model.{flag}", "false", IsTrue(model, flag) ? "true" : "false");
        }
        Demand(path, "normalizer.type", "NFC", root.GetProperty("normalizer").GetProperty("type").GetString());
        DemandPreTokenizer(path, root.GetProperty("pre_tokenizer"));
        return new(TokenizerFiles.Ids(path, model.GetProperty("vocab")), Merges(path, model), AddedTokens(path, root));
    }

    private static void DemandPreTokenizer(string path, JsonElement preTokenizer)
    {
        var steps = preTokenizer.GetProperty("pretokenizers").EnumerateArray().ToList();
        Demand(path, "pre_tokenizer", "Split, ByteLevel", string.Join(", ", steps.Select(step => step.GetProperty("type").GetString())));
        Demand(path, "pre_tokenizer's pattern", PreTokenizer.Pattern, steps[0].GetProperty("pattern").GetProperty("Regex").GetString());
        Demand(path, "pre_tokenizer's behavior", "Isolated", steps[0].GetProperty("behavior").GetString());
        Demand(path, "invert, add_prefix_space and use_regex", "false",
            IsTrue(steps[0], "invert") || IsTrue(steps[1], "add_prefix_space") || IsTrue(steps[1], "use_regex") ? "true" : "false");
    }

    private static List<(string Left, string Right)> Merges(string path, JsonElement model) =>
        [.. model.GetProperty("merges").EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.String
            ? TokenizerFiles.Merge(path, merge.GetString()!)
            : TokenizerFiles.Merge(path, string.Join(' ', merge.EnumerateArray().Select(side => side.GetString()))))];

    private static Dictionary<string, int> AddedTokens(string path, JsonElement root)
    {
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in root.GetProperty("added_tokens").EnumerateArray())
        {
            var text = token.GetProperty("content").GetString();
            if (string.IsNullOrEmpty(text) || IsTrue(token, "single_word") || IsTrue(token, "lstrip") || IsTrue(token, "rstrip"))
            {
                throw new CheckpointException(path, null, "added tokens that match as they are", token.GetRawText());
            }
            tokens[text] = TokenizerFiles.Id(path, text, token.GetProperty("id"));
        }
        return tokens;
    }

    private static bool IsTrue(JsonElement of, string key) => of.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;

    private static void Demand(string path, string key, string expected, string? found)
    {
        if (expected != found)
        {
            throw new CheckpointException(path, null, $"{key} to be {expected}", found ?? "null");
        }
    }
}
