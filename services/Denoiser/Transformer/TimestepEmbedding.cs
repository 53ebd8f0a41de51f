using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>The time of a step as a vector of the streams' width.</summary>
internal sealed class TimestepEmbedding
{
    private const int Channels = 256;
    private const int Half = Channels / 2;

    private readonly TensorBackend _backend;
    private readonly LinearWeight _first;
    private readonly LinearWeight _second;

    public TimestepEmbedding(int width, LayerLoader loader, TensorBackend backend)
    {
        _backend = backend;
        _first = loader.Linear("linear_1", width, Channels);
        _second = loader.Linear("linear_2", width, width);
    }

    /// <summary>into [1, D] = SiLU(embedding of the time): every use of the embedding applies SiLU first.</summary>
    /// <param name="time">In [0, 1].</param>
    /// <param name="into">[1, D]</param>
    public void Run(float time, Tensor into)
    {
        Span<float> waves = stackalloc float[Channels];
        Sinusoid(time, waves);
        using var input = _backend.From(waves, [1, Channels]);
        using var hidden = _backend.Empty(into.Shape);
        _backend.Linear(input, _first, hidden, Activation.Silu);
        _backend.Linear(hidden, _second, into, Activation.Silu);
    }

    /// <summary>128 cosines, then 128 sines; frequencies from 1 down to nearly 1/10000, times 1000.</summary>
    public static void Sinusoid(float time, Span<float> waves)
    {
        for (var i = 0; i < Half; i++)
        {
            var frequency = MathF.Exp(-MathF.Log(10000f) * i / Half);
            var angle = 1000f * (time * frequency);
            (waves[Half + i], waves[i]) = MathF.SinCos(angle);
        }
    }
}
