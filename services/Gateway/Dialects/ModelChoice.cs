using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Which of the served models draws a request.</summary>
internal static class ModelChoice
{
    /// <summary>The model of a name; without one the default, unless only another one does what is asked. Null when none has the name.</summary>
    /// <exception cref="GenerationException">It is not ready.</exception>
    public static ServedModel? ChooseFor(this ModelDirectory models, string? name, GenerationTask task)
    {
        var chosen = models.Choose(name);
        return chosen is null || !string.IsNullOrWhiteSpace(name) || Does(chosen, task) ? chosen : models.All.FirstOrDefault(other => Does(other, task)) ?? chosen;
    }

    private static bool Does(ServedModel model, GenerationTask task) => Pipelines.Served(model).Contains(task);
}
