namespace QwenMesh.Tensors;

/// <summary>Function applied to the output of a linear layer.</summary>
public enum Activation
{
    None,

    /// <summary>x·σ(x)</summary>
    Silu,

    /// <summary>0.5x(1+tanh(√(2/π)(x+0.044715x³)))</summary>
    GeluTanh,

    /// <summary>0.5x(1+erf(x/√2))</summary>
    GeluErf,
}

/// <summary>How channel pairs of a rotary embedding are laid out.</summary>
public enum RotaryLayout
{
    /// <summary>Pair p is channels (2p, 2p+1) of a head: the MMDiT.</summary>
    Interleaved,

    /// <summary>Pair p is channels (p, p + dim/2) of a head: Qwen2.5-VL.</summary>
    HalfSplit,
}

/// <summary>Padding of a convolution, in pixels of zeros.</summary>
public readonly record struct Padding(int Top, int Bottom, int Left, int Right)
{
    public static Padding All(int pixels) => new(pixels, pixels, pixels, pixels);
}
