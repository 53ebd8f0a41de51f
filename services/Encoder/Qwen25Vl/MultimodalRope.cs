using QwenMesh.Tensors;

namespace QwenMesh.Encoder.Qwen25Vl;

/// <summary>Angles of the rotary embedding: frequency j turns with one of a token's three coordinates (docs/model.md 3.2).</summary>
internal sealed class MultimodalRope
{
    private readonly float[] _frequencies;
    private readonly int[] _axes;

    public MultimodalRope(TextModelConfig config)
    {
        var half = config.HeadSize / 2;
        _frequencies = new float[half];
        _axes = new int[half];
        var (axis, end) = (0, config.MropeSection[0]);
        for (var j = 0; j < half; j++)
        {
            while (j >= end)
            {
                end += config.MropeSection[++axis];
            }
            _axes[j] = axis;
            // Power and reciprocal are rounded to Float32 one after the other, as in the reference: far positions show the difference.
            _frequencies[j] = 1 / (float)Math.Pow(config.RopeTheta, 2f * j / config.HeadSize);
        }
    }

    /// <summary>cos and sin, each [tokens, headSize/2].</summary>
    public (Tensor Cos, Tensor Sin) Tables(ReadOnlySpan<TokenPosition> positions, TensorScope scope)
    {
        var half = _frequencies.Length;
        var cos = new float[positions.Length * half];
        var sin = new float[positions.Length * half];
        for (var token = 0; token < positions.Length; token++)
        {
            ReadOnlySpan<int> coordinates = [positions[token].Time, positions[token].Height, positions[token].Width];
            for (var j = 0; j < half; j++)
            {
                // The product is rounded to Float32 before the functions, as in the reference.
                var angle = coordinates[_axes[j]] * _frequencies[j];
                (sin[(token * half) + j], cos[(token * half) + j]) = MathF.SinCos(angle);
            }
        }
        Shape shape = [positions.Length, half];
        return (scope.From(cos, shape, DType.Float32), scope.From(sin, shape, DType.Float32));
    }
}
