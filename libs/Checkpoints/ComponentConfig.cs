using System.Text.Json;

namespace QwenMesh.Checkpoints;

/// <summary>
/// Typed reading of one component's config file; what does not fit is named with file and key. A missing or null key takes the
/// fallback, as in the reference's class defaults. Every method throws <see cref="CheckpointException"/> for a value of the wrong kind.
/// </summary>
public sealed class ComponentConfig
{
    private readonly string _file;
    private readonly JsonElement _root;

    /// <param name="file">The file that errors name, e.g. "vae/config.json".</param>
    /// <param name="json">Its contents.</param>
    /// <exception cref="CheckpointException">Not a JSON object, or a key occurs twice.</exception>
    public ComponentConfig(string file, string json)
    {
        _file = file;
        using var document = JsonFile.Parse(file, json);
        _root = document.RootElement.Clone();
    }

    public bool Flag(string key, bool fallback) => Find(key) is not { } value ? fallback : FlagOf(key, value);

    public bool[] Flags(string key, bool[] fallback) => List(key, fallback, FlagOf);

    /// <summary>A positive integer.</summary>
    public int Count(string key, int fallback) => Find(key) is not { } value ? fallback : CountOf(key, value);

    public int[] Counts(string key, int[] fallback) => List(key, fallback, CountOf);

    /// <summary>A finite number.</summary>
    public double Number(string key, double fallback) => Find(key) is not { } value ? fallback : NumberOf(key, value);

    public double[] Numbers(string key, double[] fallback) => List(key, fallback, NumberOf);

    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => throw Misfit(key, "a string", other),
    };

    /// <summary>Refuses the file when it turns on one of these options.</summary>
    public void DemandOff(params ReadOnlySpan<string> options)
    {
        foreach (var option in options)
        {
            if (Flag(option, false))
            {
                throw Refuse($"{option} false (true is not supported)", "true");
            }
        }
    }

    /// <summary>Refuses the file when it describes another class.</summary>
    public void DemandClass(string name)
    {
        if (Text("_class_name") is { } found && found != name)
        {
            throw Refuse($"_class_name {name} (others are not supported)", found);
        }
    }

    /// <summary>An error about this file.</summary>
    public CheckpointException Refuse(string expected, string found) => new(_file, null, expected, found);

    private T[] List<T>(string key, T[] fallback, Func<string, JsonElement, T> item) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray().Select(value => item(key, value))],
        { } other => throw Misfit(key, "an array", other),
    };

    private bool FlagOf(string key, JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Misfit(key, "true or false", value);

    private double NumberOf(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Misfit(key, "a finite number", value);

    private int CountOf(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count > 0
            ? count
            : throw Misfit(key, "a positive integer", value);

    private JsonElement? Find(string key) =>
        _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private CheckpointException Misfit(string key, string expected, JsonElement found)
    {
        var text = found.GetRawText();
        return Refuse($"{key} to be {expected}", text.Length > 60 ? text[..60] + "…" : text);
    }
}
