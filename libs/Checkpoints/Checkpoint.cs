using System.Text.Json;

namespace QwenMesh.Checkpoints;

/// <summary>
/// A checkpoint folder in the diffusers layout: model_index.json and one folder for each component. Disposing closes the weight files
/// that were opened through it; tensors taken from them are invalid afterwards.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly List<CheckpointIndex> _open = [];

    private Checkpoint(string folder, ModelIndex index)
    {
        Folder = folder;
        ModelId = HubCache.RepositoryOf(folder) ?? Path.GetFileName(folder);
        PipelineClass = index.PipelineClass;
    }

    /// <summary>Name of the folder, e.g. "qwen-image-nano"; of a snapshot in the Hugging Face cache the repository's, e.g. "Qwen/Qwen-Image-2512".</summary>
    public string ModelId { get; }

    /// <summary>model_index.json's _class_name, e.g. "QwenImageEditPlusPipeline".</summary>
    public string PipelineClass { get; }

    /// <summary>Full path, without a separator at its end.</summary>
    public string Folder { get; }

    /// <exception cref="CheckpointException">No such folder, or a model_index.json that is malformed or names classes we do not have.</exception>
    public static Checkpoint Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Directory.Exists(full)
            ? new Checkpoint(full, ModelIndex.Read(full))
            : throw new CheckpointException(full, null, "a checkpoint folder", "none");
    }

    /// <summary>Where a component's files lie, e.g. "tokenizer".</summary>
    public string ComponentFolder(string component)
    {
        ArgumentException.ThrowIfNullOrEmpty(component);
        return Path.Combine(Folder, component);
    }

    /// <summary>
    /// A component's configuration, verbatim; a JSON object. Of "processor" it is the image processor's: preprocessor_config.json, or what
    /// newer checkpoints nest in processor_config.json.
    /// </summary>
    /// <exception cref="CheckpointException">Missing or not a JSON object.</exception>
    public string ReadConfig(string component)
    {
        var folder = ComponentFolder(component);
        if (component == "processor" && !File.Exists(Path.Combine(folder, "preprocessor_config.json")))
        {
            return ReadNested(Path.Combine(folder, "processor_config.json"), "image_processor");
        }
        var path = Path.Combine(folder, component switch
        {
            "scheduler" => "scheduler_config.json",
            "processor" => "preprocessor_config.json",
            _ => "config.json",
        });
        var text = JsonFile.ReadText(path);
        JsonFile.Parse(path, text).Dispose();
        return text;
    }

    /// <summary>A component's tensors: "text_encoder", "transformer" or "vae".</summary>
    /// <param name="component">Name of the component's folder.</param>
    /// <param name="progress">Told after every tensor that is taken.</param>
    /// <exception cref="CheckpointException">No weights, or a malformed file.</exception>
    public Weights OpenWeights(string component, IProgress<LoadProgress>? progress = null) => Weights.From(Opened(component), progress);

    /// <summary>
    /// Identity of a component, independent of names and places: SHA-256 (lower-case hexadecimal) over its configuration, the headers and sizes of its
    /// weight files, the first bytes of every tensor, and the files of the folders in <paramref name="also"/> that decide its results too.
    /// Fine-tuned models have the headers of the model that they were made from, so headers alone do not tell them apart.
    /// </summary>
    /// <param name="component">"text_encoder", "transformer" or "vae".</param>
    /// <param name="also">E.g. "tokenizer", "scheduler"; folders that do not exist count as such.</param>
    /// <exception cref="CheckpointException">No weights, or a malformed file.</exception>
    public string Fingerprint(string component, params ReadOnlySpan<string> also)
    {
        var fingerprint = new FingerprintHash();
        fingerprint.Add(component, ReadConfig(component));
        Opened(component).AddTo(fingerprint);
        foreach (var folder in also)
        {
            fingerprint.AddFolder(folder, ComponentFolder(folder));
        }
        return fingerprint.ToString();
    }

    public void Dispose()
    {
        lock (_open)
        {
            _open.ForEach(index => index.Dispose());
            _open.Clear();
        }
    }

    // The headers are read once, whoever asks first.
    private CheckpointIndex Opened(string component)
    {
        var folder = ComponentFolder(component);
        lock (_open)
        {
            if (_open.Find(open => open.Folder == folder) is { } known)
            {
                return known;
            }
            var index = CheckpointIndex.Open(folder, BaseName(component));
            _open.Add(index);
            return index;
        }
    }

    // transformers and diffusers name their weight files differently.
    private static string BaseName(string component) => component == "text_encoder" ? "model" : "diffusion_pytorch_model";

    private static string ReadNested(string path, string key)
    {
        using var document = JsonFile.Parse(path, JsonFile.ReadText(path));
        return document.RootElement.TryGetProperty(key, out var nested) && nested.ValueKind == JsonValueKind.Object
            ? nested.GetRawText()
            : throw new CheckpointException(path, null, $"an object '{key}'", "none");
    }
}
