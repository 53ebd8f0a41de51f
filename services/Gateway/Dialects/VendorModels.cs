using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Planning;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects;

/// <summary>Which of the served models stands for a vendor's.</summary>
internal static class VendorModels
{
    /// <summary>The first of the names that a served model has which does what is asked; else the one that does it, whatever its name.</summary>
    /// <param name="models">The served ones.</param>
    /// <param name="names">What the vendor's model is called here, the closest first.</param>
    /// <param name="task">What is asked.</param>
    /// <exception cref="GenerationException">The default model is not ready.</exception>
    public static ServedModel ChooseAmong(this ModelDirectory models, IEnumerable<string> names, GenerationTask task) =>
        names.Select(models.Find).OfType<ServedModel>().FirstOrDefault(model => Pipelines.Served(model).Contains(task))
        ?? models.ChooseFor(name: null, task)!;
}
