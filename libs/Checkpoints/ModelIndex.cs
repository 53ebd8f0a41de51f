using System.Text.Json;

namespace QwenMesh.Checkpoints;

/// <summary>model_index.json: which pipeline a checkpoint is made for, and the classes of its components, all of which must be known.</summary>
internal sealed record ModelIndex(string PipelineClass)
{
    public const string FileName = "model_index.json";

    private static readonly string[] Pipelines = ["QwenImagePipeline", "QwenImageEditPipeline", "QwenImageEditPlusPipeline"];

    private static readonly Dictionary<string, string[]> Classes = new(StringComparer.Ordinal)
    {
        ["scheduler"] = ["FlowMatchEulerDiscreteScheduler"],
        ["text_encoder"] = ["Qwen2_5_VLForConditionalGeneration"],
        ["tokenizer"] = ["Qwen2Tokenizer", "Qwen2TokenizerFast"],
        ["transformer"] = ["QwenImageTransformer2DModel"],
        ["vae"] = ["AutoencoderKLQwenImage"],
        ["processor"] = ["Qwen2VLProcessor", "Qwen2_5_VLProcessor"],
    };

    public static ModelIndex Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        using var document = JsonFile.Parse(path, JsonFile.ReadText(path));
        var pipeline = document.RootElement.TryGetProperty("_class_name", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()!
            : throw new CheckpointException(path, null, "a string as _class_name", "none");
        if (!Pipelines.Contains(pipeline, StringComparer.Ordinal))
        {
            throw new CheckpointException(path, null, $"_class_name to be one of {string.Join(", ", Pipelines)}", $"'{pipeline}', which is not supported");
        }
        var components = document.RootElement.EnumerateObject()
            .Where(property => !property.Name.StartsWith('_') && property.Value.ValueKind == JsonValueKind.Array)
            .ToDictionary(property => property.Name, property => ClassOf(path, property), StringComparer.Ordinal);
        foreach (var (component, supported) in Classes)
        {
            var optional = component == "processor" && pipeline == Pipelines[0];
            if (!components.Remove(component, out var found) || found is null)
            {
                if (!optional)
                {
                    throw new CheckpointException(path, null, $"component '{component}' of class {supported[0]}", "no such component");
                }
            }
            else if (!supported.Contains(found, StringComparer.Ordinal))
            {
                throw new CheckpointException(path, null, $"component '{component}' of class {supported[0]}", $"'{found}', which is not supported");
            }
        }
        if (components.FirstOrDefault(component => component.Value is not null) is { Key: { } stray } unknown)
        {
            throw new CheckpointException(path, null, $"the components {string.Join(", ", Classes.Keys)}", $"'{stray}' of class '{unknown.Value}', which is not supported");
        }
        return new ModelIndex(pipeline);
    }

    /// <summary>The class of ["library", "class"]; null for [null, null], an absent component.</summary>
    private static string? ClassOf(string path, JsonProperty component)
    {
        var pair = component.Value;
        if (pair.GetArrayLength() == 2 && pair[1].ValueKind is JsonValueKind.String or JsonValueKind.Null)
        {
            return pair[1].GetString();
        }
        throw new CheckpointException(path, null, $"[library, class] as component '{component.Name}'", pair.GetRawText());
    }
}
