using QwenMesh.Checkpoints;
using QwenMesh.Tensors;

namespace QwenMesh.Encoder.TextModel;

/// <summary>Causal self-attention in which several query heads share one key and value head.</summary>
internal sealed class GroupedQueryAttention : IDisposable
{
    private readonly TextModelConfig _config;
    private readonly TensorBackend _backend;
    private readonly LinearWeight _query;
    private readonly LinearWeight _key;
    private readonly LinearWeight _value;
    private readonly LinearWeight _output;

    public GroupedQueryAttention(TextModelConfig config, Weights weights, TensorBackend backend)
    {
        _config = config;
        _backend = backend;
        _query = Projection("q_proj", config.HiddenSize);
        _key = Projection("k_proj", config.KeyValueSize);
        _value = Projection("v_proj", config.KeyValueSize);
        _output = backend.LoadLinear(weights.Take("o_proj.weight", config.HiddenSize, config.HiddenSize), null);

        LinearWeight Projection(string name, int outputs) => backend.LoadLinear(
            weights.Take($"{name}.weight", outputs, config.HiddenSize), weights.Take($"{name}.bias", outputs));
    }

    /// <summary>hidden += attention(normed). Both [tokens, hidden]; cos, sin [tokens, headSize/2].</summary>
    public void AddTo(Tensor hidden, Tensor normed, Tensor cos, Tensor sin)
    {
        using var scope = new TensorScope(_backend);
        var tokens = normed.Shape.Rows;
        var query = scope.Empty([tokens, _config.HiddenSize]);
        var key = scope.Empty([tokens, _config.KeyValueSize]);
        var value = scope.Empty([tokens, _config.KeyValueSize]);
        _backend.Linear(normed, _query, query);
        _backend.Linear(normed, _key, key);
        _backend.Linear(normed, _value, value);
        _backend.HeadNormRotary(query, _config.Heads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        _backend.HeadNormRotary(key, _config.KeyValueHeads, null, 0, cos, sin, RotaryLayout.HalfSplit);
        var attended = scope.Empty([tokens, _config.HiddenSize]);
        var scale = 1 / MathF.Sqrt(_config.HeadSize);
        _backend.Attention(query, key, value, _config.Heads, _config.KeyValueHeads, scale, causal: true, attended);
        _backend.LinearResidual(attended, _output, gate: null, hidden);
    }

    public void Dispose()
    {
        _query.Dispose();
        _key.Dispose();
        _value.Dispose();
        _output.Dispose();
    }
}
