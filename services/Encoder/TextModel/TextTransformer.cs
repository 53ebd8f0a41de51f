using System.Runtime.InteropServices;
using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.TextModel;

/// <summary>The text transformer of Qwen2.5-VL without its language head (docs/model.md 3).</summary>
internal sealed class TextTransformer : IDisposable
{
    // Of a complete checkpoint: the head that generates text, and the vision tower, under its name in either layout.
    private static readonly string[] Unused = ["lm_head", "visual", "model.visual"];

    private readonly TextModelConfig _config;
    private readonly TensorBackend _backend;
    private readonly MultimodalRope _rope;
    private readonly EmbeddingTable _embeddings;
    private readonly List<DecoderLayer> _layers = [];
    private readonly Tensor _norm;

    public TextTransformer(TextModelConfig config, Weights weights, TensorBackend backend)
    {
        _config = config;
        _backend = backend;
        _rope = new MultimodalRope(config);
        // Released files say "model.layers.0"; those that newer versions of transformers have written "model.language_model.layers.0".
        var model = weights.At(weights.Has("model.language_model.embed_tokens.weight") ? "model.language_model" : "model");
        _embeddings = backend.LoadEmbedding(model.Take("embed_tokens.weight", config.VocabularySize, config.HiddenSize));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            _layers.Add(new DecoderLayer(config, model.At("layers").At(layer), backend));
        }
        _norm = backend.LoadVector(model.Take("norm.weight", config.HiddenSize));
        weights.EnsureAllTaken(Unused);
    }

    public TextModelConfig Config => _config;

    /// <summary>The hidden states after the final norm, [ids, hidden]. The caller owns them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside of the vocabulary.</exception>
    public Tensor Run(List<int> ids, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(_backend);
        var hidden = scope.Empty([ids.Count, _config.HiddenSize]);
        _backend.Embedding(_embeddings, CollectionsMarshal.AsSpan(ids), hidden);
        var (cos, sin) = _rope.Tables(TokenPosition.OfText(ids.Count), scope);
        foreach (var layer in _layers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            layer.Apply(hidden, cos, sin);
        }
        var normed = _backend.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _norm, _config.RmsNormEpsilon, normed);
        return normed;
    }

    public void Dispose()
    {
        _layers.ForEach(layer => layer.Dispose());
        _norm.Dispose();
        _embeddings.Dispose();
    }
}
