namespace QwenMesh.StageHost;

/// <summary>Section <c>Model</c>: which checkpoint a stage serves.</summary>
public sealed class ModelOptions
{
    public const string Section = "Model";

    /// <summary>Checkpoint folder in the diffusers layout (holds model_index.json). Required.</summary>
    public string Path { get; set; } = "";

    internal IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
        {
            yield return $"{Section}:{nameof(Path)} is required: the folder of a checkpoint";
        }
        else if (!Directory.Exists(Path))
        {
            yield return $"{Section}:{nameof(Path)}: there is no folder '{System.IO.Path.GetFullPath(Path)}'";
        }
        else if (!File.Exists(System.IO.Path.Combine(Path, "model_index.json")))
        {
            yield return $"{Section}:{nameof(Path)}: '{System.IO.Path.GetFullPath(Path)}' has no model_index.json";
        }
    }
}
