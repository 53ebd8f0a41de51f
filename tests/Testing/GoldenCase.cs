using System.Text.Json;

namespace QwenMesh.Testing;

/// <summary>One recorded run of a reference pipeline: its inputs, and the tensors on the way.</summary>
public sealed class GoldenCase : IDisposable
{
    private readonly JsonDocument _json;
    private readonly Lazy<GoldenTensors> _tensors;

    private GoldenCase(string folder)
    {
        Folder = folder;
        _json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        _tensors = new(() => new GoldenTensors(
            Path.Combine(Folder, "tensors.safetensors"), Json.TryGetProperty("sampled", out var sampled) ? sampled : default));
    }

    /// <summary>
    /// Names of all cases of the given pipelines, as data of a theory. Another golden folder may lack a kind of case (mark the theory
    /// <c>SkipTestWithoutData</c>); the repository's own must not.
    /// </summary>
    public static IEnumerable<object[]> Of(params string[] pipelines)
    {
        var names = new List<object[]>();
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(GoldenFolder.Find(), "cases")).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "case.json")))
            {
                continue;
            }
            using var candidate = new GoldenCase(folder);
            if (pipelines.Contains(candidate.Pipeline, StringComparer.Ordinal))
            {
                names.Add([candidate.Name]);
            }
        }
        return names.Count > 0 || !GoldenFolder.IsDefault
            ? names
            : throw new InvalidOperationException($"tests/golden has no case of {string.Join(", ", pipelines)}");
    }

    /// <summary>Cases of text to image; a test class exposes them to <c>[MemberData]</c> through a property of its own.</summary>
    public static IEnumerable<object[]> TextToImage => Of("QwenImagePipeline");

    /// <summary>
    /// Those that recorded all elements of the named tensors, as far as they have them. A test of one stage begins with such a tensor;
    /// the others are run from the prompt by the test of all stages. <c>latents.last</c> is the last step's.
    /// </summary>
    public static IEnumerable<object[]> TextToImageWithWhole(params string[] tensors)
    {
        foreach (var row in TextToImage)
        {
            using var golden = Open((string)row[0]);
            if (!tensors.Select(name => name == "latents.last" ? $"latents.{golden.Steps}" : name).Any(golden.Tensors.IsSampled))
            {
                yield return row;
            }
        }
    }

    public static GoldenCase Open(string name) => new(Path.Combine(GoldenFolder.Find(), "cases", name));

    public string Folder { get; }

    public string Name => Path.GetFileName(Folder);

    /// <summary>case.json.</summary>
    public JsonElement Json => _json.RootElement;

    public JsonElement Inputs => Json.GetProperty("inputs");

    public string Pipeline => Json.GetProperty("pipeline").GetString()!;

    public string Model => Json.GetProperty("model").GetString()!;

    public string ModelFolder => GoldenFolder.Model(Model);

    /// <summary>"release" (the checkpoint's own) or "lightning".</summary>
    public string Scheduler => Json.GetProperty("scheduler").GetString()!;

    public string Prompt => Inputs.GetProperty("prompt").GetString()!;

    public string? NegativePrompt => Inputs.TryGetProperty("negative_prompt", out var negative) ? negative.GetString() : null;

    public int Width => Inputs.GetProperty("width").GetInt32();

    public int Height => Inputs.GetProperty("height").GetInt32();

    public int Steps => Inputs.GetProperty("num_inference_steps").GetInt32();

    public float TrueCfgScale => Inputs.GetProperty("true_cfg_scale").GetSingle();

    /// <summary>Whether the reference ran a negative pass.</summary>
    public bool IsGuided => TrueCfgScale > 1 && NegativePrompt is not null;

    /// <summary>Rows of the conditioning at most; the reference's default where the case does not say.</summary>
    public int MaxSequenceLength => Inputs.TryGetProperty("max_sequence_length", out var given) ? given.GetInt32() : 512;

    public ulong Seed => Inputs.GetProperty("seed").GetUInt64();

    public float[] Timesteps => Floats("timesteps");

    public float[] Sigmas => Floats("sigmas");

    /// <summary>Paths of the input pictures.</summary>
    public IReadOnlyList<string> Images => [.. Json.GetProperty("images").EnumerateArray().Select(file => Path.Combine(Folder, file.GetString()!))];

    /// <summary>Path of the resulting picture; null when none was recorded.</summary>
    public string? Output => Json.TryGetProperty("output", out var output) && output.GetString() is { } file ? Path.Combine(Folder, file) : null;

    public GoldenTensors Tensors => _tensors.Value;

    public void Dispose()
    {
        if (_tensors.IsValueCreated)
        {
            _tensors.Value.Dispose();
        }
        _json.Dispose();
    }

    private float[] Floats(string key) => [.. Json.GetProperty(key).EnumerateArray().Select(value => value.GetSingle())];
}
