using System.Text.Json;
using System.Text.RegularExpressions;
using QwenMesh.Tensors;

namespace QwenMesh.Checkpoints;

/// <summary>
/// A component's tensors as one name space, whether they lie in one file (<c>base.safetensors</c>, <c>base.fp16.safetensors</c>) or in
/// shards that an index names (<c>base.safetensors.index.json</c>). Disposing closes the files.
/// </summary>
public sealed partial class CheckpointIndex : IDisposable
{
    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _byName = new(StringComparer.Ordinal);

    private CheckpointIndex(string folder, List<SafetensorsFile> files)
    {
        Folder = folder;
        _files = files;
        foreach (var file in files)
        {
            foreach (var entry in file.Entries)
            {
                if (!_byName.TryAdd(entry.Name, file))
                {
                    throw new CheckpointException(file.Path, entry.Name, "each tensor in one file", $"it also in {_byName[entry.Name].Path}");
                }
            }
        }
    }

    public string Folder { get; }

    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <param name="folder">The component's folder, e.g. <c>checkpoint/transformer</c>.</param>
    /// <param name="baseName">E.g. <c>diffusion_pytorch_model</c>.</param>
    /// <exception cref="CheckpointException">No weights, several variants to choose from, or a malformed file.</exception>
    public static CheckpointIndex Open(string folder, string baseName)
    {
        var index = Choose(folder, baseName, "safetensors index", IndexNames());
        var files = new List<SafetensorsFile>();
        try
        {
            if (index is not null)
            {
                OpenShards(folder, index, files);
            }
            else
            {
                var single = Choose(folder, baseName, "safetensors file", SingleNames())
                    ?? throw new CheckpointException(folder, null, $"{baseName}.safetensors or {baseName}.safetensors.index.json", "neither");
                files.Add(SafetensorsFile.Open(single));
            }
            return new CheckpointIndex(folder, files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    public TensorEntry? Find(string name) => _byName.TryGetValue(name, out var file) ? file.Find(name) : null;

    /// <summary>The file that holds a tensor; the folder when none does.</summary>
    public string FileOf(string name) => _byName.TryGetValue(name, out var file) ? file.Path : Folder;

    /// <inheritdoc cref="SafetensorsFile.Read"/>
    public HostTensor Read(string name) => _byName.TryGetValue(name, out var file)
        ? file.Read(name)
        : throw new CheckpointException(Folder, name, "the tensor", "no tensor of that name");

    /// <summary>Identity of these weights with a configuration, as <see cref="Checkpoint.Fingerprint"/> makes it of a component.</summary>
    public string Fingerprint(string config)
    {
        var fingerprint = new FingerprintHash();
        fingerprint.Add("", config);
        AddTo(fingerprint);
        return fingerprint.ToString();
    }

    internal void AddTo(FingerprintHash fingerprint)
    {
        foreach (var file in _files.OrderBy(file => Path.GetFileName(file.Path), StringComparer.Ordinal))
        {
            file.AddTo(fingerprint);
        }
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>The file without a variant infix, or else the only one with an infix.</summary>
    private static string? Choose(string folder, string baseName, string what, Regex names)
    {
        if (!Directory.Exists(folder))
        {
            throw new CheckpointException(folder, null, "a folder", "none");
        }
        var variants = new List<string>();
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (!name.StartsWith(baseName + ".", StringComparison.Ordinal))
            {
                continue;
            }
            var rest = names.Match(name[baseName.Length..]);
            if (rest.Success && rest.Groups["variant"].Length == 0)
            {
                return path;
            }
            if (rest.Success)
            {
                variants.Add(path);
            }
        }
        variants.Sort(StringComparer.Ordinal);
        return variants.Count <= 1
            ? variants.SingleOrDefault()
            : throw new CheckpointException(folder, null, $"one {what}", string.Join(", ", variants.Select(Path.GetFileName)));
    }

    private static void OpenShards(string folder, string index, List<SafetensorsFile> files)
    {
        using var document = JsonFile.Parse(index, JsonFile.ReadText(index));
        if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(index, null, "a weight_map", "none");
        }
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var mapped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            var shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (!ShardNames().IsMatch(shard))
            {
                throw new CheckpointException(index, entry.Name, "the name of a safetensors file beside the index", $"'{shard}'");
            }
            if (!shards.TryGetValue(shard, out var file))
            {
                file = SafetensorsFile.Open(Path.Combine(folder, shard));
                files.Add(file);
                shards.Add(shard, file);
            }
            if (file.Find(entry.Name) is null)
            {
                throw new CheckpointException(file.Path, entry.Name, "the tensor that the index places here", "no tensor of that name");
            }
            mapped.Add(entry.Name);
        }
        foreach (var file in files)
        {
            if (file.Entries.FirstOrDefault(entry => !mapped.Contains(entry.Name)) is { } stray)
            {
                throw new CheckpointException(file.Path, stray.Name, "only tensors that the index lists", "one more");
            }
        }
    }

    [GeneratedRegex(@"^(\.(?<variant>[A-Za-z0-9_]+))?\.safetensors\.index\.json$|^\.safetensors\.index\.(?<variant>[A-Za-z0-9_]+)\.json$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IndexNames();

    [GeneratedRegex(@"^(\.(?<variant>[A-Za-z0-9_]+))?\.safetensors$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SingleNames();

    // No separators: a name cannot leave the folder.
    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.\-]*\.safetensors$", RegexOptions.NonBacktracking)]
    private static partial Regex ShardNames();
}
