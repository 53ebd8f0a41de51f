namespace QwenMesh.Tensors.Torch;

/// <summary>
/// The operations that gain by being one kernel: written with LibTorch's own operators (<see cref="TwinOperations"/>) and as CUDA kernels.
/// Shapes have been checked. Arithmetic is in Float32, results are rounded once to the type of what they go into.
/// </summary>
internal abstract class FusedOperations
{
    public abstract void RmsNorm(TorchTensor x, TorchTensor weight, float eps, TorchTensor into);

    public abstract void LayerNormModulate(TorchTensor x, TorchTensor shift, TorchTensor scale, float eps, TorchTensor into);

    public abstract void HeadNormRotary(
        TorchTensor x, int heads, TorchTensor? weight, float eps, TorchTensor? cos, TorchTensor? sin, RotaryLayout layout);

    public abstract void ChannelNorm(TorchTensor x, TorchTensor gamma, bool silu, TorchTensor into);

    /// <summary>x = activation(x)</summary>
    public abstract void Activate(TorchTensor x, Activation activation);

    /// <summary>up = SiLU(gate) ⊙ up</summary>
    public abstract void SwiGlu(TorchTensor gate, TorchTensor up);

    /// <summary>residual += gate ⊙ x; gate [columns] or null for 1.</summary>
    public abstract void AddGated(TorchTensor x, TorchTensor? gate, TorchTensor residual);

    /// <summary>into = x / scale and scale = max|x| / 448 for every row: float8 e4m3 uses its whole range.</summary>
    public abstract void QuantizeRows(TorchTensor x, Float8Rows into);

    public abstract void TrueGuidance(TorchTensor cond, TorchTensor negative, float scale, TorchTensor into);

    /// <summary>x += dt·v</summary>
    public abstract void EulerStep(TorchTensor x, TorchTensor v, float dt);

    /// <summary>Leaves the guided velocity, or what it likes, in cond.</summary>
    public virtual void GuidedEulerStep(TorchTensor x, TorchTensor cond, TorchTensor negative, float scale, float dt)
    {
        TrueGuidance(cond, negative, scale, cond);
        EulerStep(x, cond, dt);
    }
}
