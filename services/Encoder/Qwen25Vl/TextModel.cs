using System.Runtime.InteropServices;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>The text model of Qwen2.5-VL without its language head (docs/model.md 3).</summary>
internal sealed class TextModel
{
    private readonly TextModelConfig _config;
    private readonly TensorBackend _backend;
    private readonly MultimodalRope _rope;
    private readonly EmbeddingTable _embedTokens;
    private readonly List<TextLayer> _layers = [];
    private readonly Tensor _norm;

    public TextModel(TextModelConfig config, ModuleWeights weights)
    {
        (_config, _backend, _rope) = (config, weights.Backend, new MultimodalRope(config));
        _embedTokens = weights.Embedding("embed_tokens", config.VocabularySize, config.HiddenSize);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            _layers.Add(new TextLayer(config, weights.At("layers").At(layer)));
        }
        _norm = weights.Norm("norm", config.HiddenSize);
    }

    public TextModelConfig Config => _config;

    /// <summary>The hidden states after the final norm, [ids, hidden]. The caller owns them.</summary>
    /// <param name="tokens">What is read.</param>
    /// <param name="pictures">The vision tower's rows for each picture of <paramref name="tokens"/>, in their order.</param>
    /// <param name="cancellationToken">Looked at before every layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside of the vocabulary.</exception>
    public Tensor Run(TokenSequence tokens, IReadOnlyList<Tensor> pictures, CancellationToken cancellationToken)
    {
        using var scope = new TensorScope(_backend);
        var hidden = scope.Empty([tokens.Ids.Count, _config.HiddenSize]);
        _backend.Embedding(_embedTokens, CollectionsMarshal.AsSpan(tokens.Ids), hidden);
        foreach (var (span, picture) in tokens.Pictures.Zip(pictures))
        {
            _backend.Copy(picture, hidden.Rows(span.Start, span.Tokens));
        }
        var (cos, sin) = _rope.Tables(tokens.Positions(), scope);
        foreach (var layer in _layers)
        {
            ComputeProgress.Report(cancellationToken);
            layer.Run(hidden, cos, sin);
        }
        var normed = scope.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _norm, _config.RmsNormEpsilon, normed);
        return scope.HandOver(normed);
    }
}

/// <summary>x += attention(norm(x)); x += down(SiLU(gate(n)) ⊙ up(n)), n = norm(x). Several query heads share one key and value head.</summary>
internal sealed class TextLayer(TextModelConfig config, ModuleWeights weights)
{
    private readonly TensorBackend _backend = weights.Backend;
    private readonly Tensor _inputNorm = weights.Norm("input_layernorm", config.HiddenSize);
    private readonly LinearWeight _query = weights.Linear("self_attn.q_proj", config.HiddenSize, config.HiddenSize, bias: true);
    private readonly LinearWeight _key = weights.Linear("self_attn.k_proj", config.HiddenSize, config.KeyValueSize, bias: true);
    private readonly LinearWeight _value = weights.Linear("self_attn.v_proj", config.HiddenSize, config.KeyValueSize, bias: true);
    private readonly LinearWeight _output = weights.Linear("self_attn.o_proj", config.HiddenSize, config.HiddenSize, bias: false);
    private readonly Tensor _postNorm = weights.Norm("post_attention_layernorm", config.HiddenSize);
    private readonly LinearWeight _gate = weights.Linear("mlp.gate_proj", config.HiddenSize, config.IntermediateSize, bias: false);
    private readonly LinearWeight _up = weights.Linear("mlp.up_proj", config.HiddenSize, config.IntermediateSize, bias: false);
    private readonly LinearWeight _down = weights.Linear("mlp.down_proj", config.IntermediateSize, config.HiddenSize, bias: false);

    /// <summary>In place on hidden [tokens, hidden]; cos, sin [tokens, headSize/2].</summary>
    public void Run(Tensor hidden, Tensor cos, Tensor sin)
    {
        using var scope = new TensorScope(_backend);
        var normed = scope.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _inputNorm, config.RmsNormEpsilon, normed);
        Attention(hidden, normed, cos, sin);

        _backend.RmsNorm(hidden, _postNorm, config.RmsNormEpsilon, normed);
        var inner = scope.Empty([hidden.Shape.Rows, config.IntermediateSize]);
        _backend.LinearSwiGlu(normed, _gate, _up, inner);
        _backend.LinearResidual(inner, _down, gate: null, hidden);
    }

    private void Attention(Tensor hidden, Tensor normed, Tensor cos, Tensor sin)
    {
        using var scope = new TensorScope(_backend);
        var tokens = normed.Shape.Rows;
        var query = scope.Empty([tokens, config.HiddenSize]);
        var key = scope.Empty([tokens, config.KeyValueSize]);
        var value = scope.Empty([tokens, config.KeyValueSize]);
        _backend.Linear(normed, _query, query);
        _backend.Linear(normed, _key, key);
        _backend.Linear(normed, _value, value);
        _backend.HeadNormRotary(query, config.Heads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        _backend.HeadNormRotary(key, config.KeyValueHeads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        var attended = scope.Empty([tokens, config.HiddenSize]);
        var scale = 1 / MathF.Sqrt(config.HeadSize);
        _backend.Attention(query, key, value, config.Heads, config.KeyValueHeads, scale, causal: true, attended);
        _backend.LinearResidual(attended, _output, gate: null, hidden);
    }
}
