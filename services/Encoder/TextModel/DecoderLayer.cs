using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.TextModel;

/// <summary>x += attention(norm(x)); x += down(SiLU(gate(n)) ⊙ up(n)), n = norm(x).</summary>
internal sealed class DecoderLayer : IDisposable
{
    private readonly TextModelConfig _config;
    private readonly TensorBackend _backend;
    private readonly Tensor _inputNorm;
    private readonly GroupedQueryAttention _attention;
    private readonly Tensor _postNorm;
    private readonly LinearWeight _gate;
    private readonly LinearWeight _up;
    private readonly LinearWeight _down;

    public DecoderLayer(TextModelConfig config, Weights weights, TensorBackend backend)
    {
        _config = config;
        _backend = backend;
        _inputNorm = backend.LoadVector(weights.Take("input_layernorm.weight", config.HiddenSize));
        _attention = new GroupedQueryAttention(config, weights.At("self_attn"), backend);
        _postNorm = backend.LoadVector(weights.Take("post_attention_layernorm.weight", config.HiddenSize));
        _gate = backend.LoadLinear(weights.Take("mlp.gate_proj.weight", config.IntermediateSize, config.HiddenSize), null);
        _up = backend.LoadLinear(weights.Take("mlp.up_proj.weight", config.IntermediateSize, config.HiddenSize), null);
        _down = backend.LoadLinear(weights.Take("mlp.down_proj.weight", config.HiddenSize, config.IntermediateSize), null);
    }

    /// <summary>In place on hidden [tokens, hidden].</summary>
    public void Apply(Tensor hidden, Tensor cos, Tensor sin)
    {
        using var scope = new TensorScope(_backend);
        var normed = scope.Empty(hidden.Shape);
        _backend.RmsNorm(hidden, _inputNorm, _config.RmsNormEpsilon, normed);
        _attention.AddTo(hidden, normed, cos, sin);
        _backend.RmsNorm(hidden, _postNorm, _config.RmsNormEpsilon, normed);
        var inner = scope.Empty([hidden.Shape.Rows, _config.IntermediateSize]);
        _backend.LinearSwiGlu(normed, _gate, _up, inner);
        _backend.LinearResidual(inner, _down, gate: null, hidden);
    }

    public void Dispose()
    {
        _inputNorm.Dispose();
        _attention.Dispose();
        _postNorm.Dispose();
        _gate.Dispose();
        _up.Dispose();
        _down.Dispose();
    }
}
