using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>Qwen2.5-VL without its language head: the text model, and the vision tower where one is asked for.</summary>
internal sealed class Qwen25VlModel : IDisposable
{
    private readonly ModuleWeights _weights;

    /// <param name="text">Sizes of the text model.</param>
    /// <param name="vision">Sizes of the vision tower; null leaves its weights untouched.</param>
    /// <param name="weights">The component's weights; all of them must belong to the model.</param>
    /// <param name="backend">Engine that computes.</param>
    public Qwen25VlModel(TextModelConfig text, VisionConfig? vision, Weights weights, TensorBackend backend)
    {
        _weights = new ModuleWeights(weights, backend);
        try
        {
            // Released files say "model.layers.0" and "visual"; those that newer versions of transformers have written
            // "model.language_model.layers.0" and "model.visual".
            var renamed = weights.Has("model.language_model.embed_tokens.weight");
            Text = new TextModel(text, _weights.At(renamed ? "model.language_model" : "model"));
            Vision = vision is null ? null : new VisionTower(vision, _weights.At(renamed ? "model.visual" : "visual"));
            weights.EnsureAllTaken(vision is null ? ["lm_head", "visual", "model.visual"] : ["lm_head"]);
        }
        catch
        {
            _weights.Dispose();
            throw;
        }
    }

    public TextModel Text { get; }

    /// <summary>Null when the checkpoint is served for text alone.</summary>
    public VisionTower? Vision { get; }

    public void Dispose() => _weights.Dispose();
}
