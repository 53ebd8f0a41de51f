using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>Reads keys of a text config wherever its layout keeps them.</summary>
internal sealed class TextConfigReader
{
    public const string File = "text_encoder/config.json";

    /// <summary>Far beyond any released model; keeps products of two sizes within an int.</summary>
    private const int MaxSize = 1 << 20;

    // Most specific first.
    private readonly List<JsonElement> _levels = [];
    private readonly List<JsonElement> _rope = [];

    public TextConfigReader(JsonElement root)
    {
        if (root.TryGetProperty("text_config", out var nested) && nested.ValueKind == JsonValueKind.Object)
        {
            _levels.Add(nested);
        }
        _levels.Add(root);
        foreach (var level in _levels)
        {
            foreach (var key in new[] { "rope_parameters", "rope_scaling" })
            {
                if (level.TryGetProperty(key, out var rope) && rope.ValueKind == JsonValueKind.Object)
                {
                    _rope.Add(rope);
                }
            }
            _rope.Add(level);
        }
    }

    public int Size(string key) => OptionalSize(key) ?? throw Missing(key);

    public int? OptionalSize(string key) => Find(_levels, key) is { } value ? ToSize(key, value) : null;

    public double? Number(string key) => Find(_levels, key) is { } value ? ToNumber(key, value) : null;

    public double RopeNumber(string key) => Find(_rope, key) is { } value ? ToNumber(key, value) : throw Missing(key);

    public IReadOnlyList<int> RopeSizes(string key) => Find(_rope, key) is not { } value ? throw Missing(key)
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(size => ToSize(key, size))]
        : throw Wrong(key, "an array", value.GetRawText());

    public IReadOnlyList<string> Strings(string key) => Find(_levels, key) is not { } value ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.ToString())]
        : throw Wrong(key, "an array", value.GetRawText());

    /// <summary>A key that may be absent must otherwise have this value.</summary>
    public void Demand(string key, string expected)
    {
        if (Find(_levels, key) is { } value)
        {
            Check(value.ToString() == expected, key, expected, value.ToString());
        }
    }

    public void DemandOff(string key)
    {
        if (Find(_levels, key) is { } value)
        {
            Check(value.ValueKind == JsonValueKind.False, key, "false", value.GetRawText());
        }
    }

    /// <summary>Plain rotary embedding: its variants for long contexts (yarn, linear, ...) compute other angles.</summary>
    public void DemandRope()
    {
        foreach (var rope in _rope.Where(rope => rope.TryGetProperty("mrope_section", out _)))
        {
            foreach (var key in new[] { "type", "rope_type" })
            {
                if (rope.TryGetProperty(key, out var type))
                {
                    Check(type.ToString() is "mrope" or "default", $"rope {key}", "mrope or default", type.ToString());
                }
            }
        }
    }

    public static void Check(bool holds, string key, string expected, string found)
    {
        if (!holds)
        {
            throw Wrong(key, expected, found);
        }
    }

    private static JsonElement? Find(List<JsonElement> levels, string key)
    {
        foreach (var level in levels)
        {
            if (level.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return value;
            }
        }
        return null;
    }

    private static int ToSize(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size is > 0 and <= MaxSize
            ? size
            : throw Wrong(key, $"an integer from 1 to {MaxSize}", value.GetRawText());

    private static double ToNumber(string key, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
        ? number
        : throw Wrong(key, "a number", value.GetRawText());

    private static CheckpointException Missing(string key) => new(File, null, key, "no such key");

    private static CheckpointException Wrong(string key, string expected, string found) => new(File, null, $"{key} to be {expected}", found);
}
