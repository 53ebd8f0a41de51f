using System.Text.Json;
using QwenMesh.Checkpoints;

namespace QwenMesh.Denoiser;

/// <summary>Typed reading of one component's config file; what does not fit is named with file and key.</summary>
internal sealed class ComponentConfig
{
    private readonly string _file;
    private readonly JsonElement _root;

    /// <exception cref="CheckpointException">Not a JSON object.</exception>
    public ComponentConfig(string file, string json)
    {
        _file = file;
        try
        {
            using var document = JsonDocument.Parse(json);
            _root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, null, "JSON", e.Message, e);
        }
        if (_root.ValueKind != JsonValueKind.Object)
        {
            throw Refuse("an object", $"{_root.ValueKind}");
        }
    }

    /// <summary>A missing or null key takes the fallback, as in the reference's class defaults.</summary>
    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Misfit(key, "true or false", other),
    };

    public int Count(string key, int fallback) => Find(key) is not { } value ? fallback : CountOf(key, value);

    public int[] Counts(string key, int[] fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray().Select(item => CountOf(key, item))],
        { } other => throw Misfit(key, "an array of integers", other),
    };

    public double Number(string key, double fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var value) && double.IsFinite(value) => value,
        { } other => throw Misfit(key, "a finite number", other),
    };

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
