namespace QwenMesh.Tensors.Torch.Cuda;

/// <summary>
/// The fused operations as kernels of our own. They take operands of one type (norm weights and rotary tables in Float32); for the rest, and for
/// rows too long to keep in registers, the twins are asked.
/// </summary>
internal sealed partial class KernelOperations(IKernelLauncher kernels, FusedOperations twins) : FusedOperations
{
    private const int Threads = 256;
    private const int WarpSize = 32;
    private const int MaxThreads = 1024;

    // Of norms.cu: vectors that a thread holds.
    private const int HeldVectors = 4;

    public override void RmsNorm(TorchTensor x, TorchTensor weight, float eps, TorchTensor into)
    {
        var wide = Vector(x.Shape.Columns, x, into, weight);
        if (!Same(x, into) || !IsFloat(weight) || !FitsBlock(x.Shape.Columns, wide))
        {
            twins.RmsNorm(x, weight, eps, into);
            return;
        }
        kernels.Launch(
            Name("rms_norm", x, wide), x.Shape.Rows, BlockFor(x.Shape.Columns, wide), x.Address, weight.Address, Number(eps), into.Address, x.Shape.Columns);
    }

    public override void LayerNormModulate(TorchTensor x, TorchTensor shift, TorchTensor scale, float eps, TorchTensor into)
    {
        var wide = Vector(x.Shape.Columns, x, into, shift, scale);
        if (!Same(x, into) || !Same(x, shift) || !Same(x, scale) || !FitsBlock(x.Shape.Columns, wide))
        {
            twins.LayerNormModulate(x, shift, scale, eps, into);
            return;
        }
        kernels.Launch(
            Name("layer_norm", x, wide), x.Shape.Rows, BlockFor(x.Shape.Columns, wide), x.Address, shift.Address, scale.Address, Number(eps), into.Address,
            x.Shape.Columns);
    }

    public override void HeadNormRotary(
        TorchTensor x, int heads, TorchTensor? weight, float eps, TorchTensor? cos, TorchTensor? sin, RotaryLayout layout)
    {
        var dim = x.Shape.Columns / heads;
        var fits = dim % 2 == 0 && IsAligned(x, 2 * x.DType.Size());
        if (!fits || (weight is not null && !IsFloat(weight)) || (cos is not null && !IsFloat(cos)) || (sin is not null && !IsFloat(sin)))
        {
            twins.HeadNormRotary(x, heads, weight, eps, cos, sin, layout);
            return;
        }
        kernels.Launch(
            Name("head_norm_rotary", x), Warps((long)x.Shape.Rows * heads), Threads, x.Address, weight?.Address ?? 0, Number(eps), cos?.Address ?? 0,
            sin?.Address ?? 0, x.Shape.Rows, heads, dim, layout == RotaryLayout.Interleaved ? 1 : 0);
    }

    public override void ChannelNorm(TorchTensor x, TorchTensor gamma, bool silu, TorchTensor into)
    {
        if (!Same(x, into) || !IsFloat(gamma))
        {
            twins.ChannelNorm(x, gamma, silu, into);
            return;
        }
        var wide = Vector(x.Shape.Columns, x, into, gamma);
        kernels.Launch(
            Name("channel_norm", x, wide), ShortRows(x, wide), Threads, x.Address, gamma.Address, silu ? 1 : 0, into.Address, x.Shape.Rows, x.Shape.Columns);
    }

    public override void Activate(TorchTensor x, Activation activation)
    {
        if (activation == Activation.None)
        {
            return;
        }
        var wide = Vector(x.Shape.Count, x);
        kernels.Launch(Name("activate", x, wide), Blocks(x, wide), Threads, x.Address, (int)activation, x.Shape.Count);
    }

    public override void SwiGlu(TorchTensor gate, TorchTensor up)
    {
        if (!Same(gate, up))
        {
            twins.SwiGlu(gate, up);
            return;
        }
        var wide = Vector(up.Shape.Count, gate, up);
        kernels.Launch(Name("swiglu", up, wide), Blocks(up, wide), Threads, gate.Address, up.Address, up.Shape.Count);
    }

    public override void AddGated(TorchTensor x, TorchTensor? gate, TorchTensor residual)
    {
        if (!Same(x, residual) || (gate is not null && !Same(gate, residual)))
        {
            twins.AddGated(x, gate, residual);
            return;
        }
        var wide = gate is null ? Vector(residual.Shape.Count, x, residual) : Vector(residual.Shape.Columns, x, residual, gate);
        kernels.Launch(
            Name("add_gated", residual, wide), Blocks(residual, wide), Threads, x.Address, gate?.Address ?? 0, residual.Address, residual.Shape.Count,
            residual.Shape.Columns);
    }

    public override void QuantizeRows(TorchTensor x, Float8Rows into)
    {
        const int Block = 256;
        if (Vector(x.Shape.Columns, x) == 1)
        {
            twins.QuantizeRows(x, into);
            return;
        }
        kernels.Launch(Name("quantize_rows", x), x.Shape.Rows, Block, x.Address, into.Address, into.ScaleAddress, x.Shape.Columns);
    }

    public override void TrueGuidance(TorchTensor cond, TorchTensor negative, float scale, TorchTensor into)
    {
        if (!Same(cond, negative) || !Same(cond, into))
        {
            twins.TrueGuidance(cond, negative, scale, into);
            return;
        }
        var wide = Vector(cond.Shape.Columns, cond, negative, into);
        kernels.Launch(
            Name("true_guidance", cond, wide), ShortRows(cond, wide), Threads, cond.Address, negative.Address, Number(scale), into.Address, cond.Shape.Rows,
            cond.Shape.Columns);
    }

    public override void GuidedEulerStep(TorchTensor x, TorchTensor cond, TorchTensor negative, float scale, float dt)
    {
        if (!Same(cond, negative) || !Same(cond, x))
        {
            base.GuidedEulerStep(x, cond, negative, scale, dt);
            return;
        }
        var wide = Vector(cond.Shape.Columns, cond, negative, x);
        kernels.Launch(
            Name("guided_euler_step", cond, wide), ShortRows(cond, wide), Threads, x.Address, cond.Address, negative.Address, Number(scale), Number(dt),
            cond.Shape.Rows, cond.Shape.Columns);
    }

    public override void EulerStep(TorchTensor x, TorchTensor v, float dt)
    {
        if (!Same(x, v) && !IsFloat(x))
        {
            twins.EulerStep(x, v, dt);
            return;
        }
        var name = Same(x, v) ? Name("euler_step", x) : "euler_step_f32_bf16";
        kernels.Launch(name, (x.Shape.Count + Threads - 1) / Threads, Threads, x.Address, v.Address, Number(dt), x.Shape.Count);
    }

    /// <summary>Elements of a 16-byte vector where the count and all addresses allow it, otherwise 1.</summary>
    private static int Vector(long count, params ReadOnlySpan<TorchTensor> tensors)
    {
        const int Bytes = 16;
        var vector = Bytes / tensors[0].DType.Size();
        var aligned = count % vector == 0;
        foreach (var tensor in tensors)
        {
            aligned &= IsAligned(tensor, Bytes);
        }
        return aligned ? vector : 1;
    }

    private static bool IsAligned(TorchTensor tensor, int bytes) => tensor.Address % bytes == 0;

    private static bool Same(TorchTensor a, TorchTensor b) => a.DType == b.DType;

    private static bool IsFloat(TorchTensor tensor) => tensor.DType == DType.Float32;

    private static bool FitsBlock(int columns, int vector) => columns <= HeldVectors * vector * MaxThreads;

    /// <summary>Whole warps, about three vectors a thread.</summary>
    private static int BlockFor(int columns, int vector)
    {
        var vectors = (columns + vector - 1) / vector;
        var threads = (vectors + HeldVectors - 2) / (HeldVectors - 1);
        return Math.Clamp((threads + WarpSize - 1) / WarpSize * WarpSize, WarpSize, MaxThreads);
    }

    private static long Warps(long rows) => (rows + (Threads / WarpSize) - 1) / (Threads / WarpSize);

    /// <summary>Blocks for rows of which some share a warp: lanes_for of common.cuh.</summary>
    private static long ShortRows(TorchTensor x, int vector)
    {
        var vectors = (x.Shape.Columns + vector - 1) / vector;
        var rows = Threads / (vectors <= 8 ? 8 : vectors <= 16 ? 16 : WarpSize);
        return (x.Shape.Rows + (long)rows - 1) / rows;
    }

    private static long Blocks(TorchTensor tensor, int vector) => ((tensor.Shape.Count / vector) + Threads - 1) / Threads;

    private static string Name(string kernel, TorchTensor tensor, int vector = 1) =>
        $"{kernel}_{(tensor.DType == DType.Float32 ? "f32" : "bf16")}{(vector > 1 ? "_wide" : "")}";

    private static long Number(float value) => KernelModules.Number(value);
}

/// <summary>Queues a kernel on LibTorch's current stream.</summary>
internal interface IKernelLauncher
{
    void Launch(string name, long blocks, int threads, params ReadOnlySpan<long> arguments);
}
