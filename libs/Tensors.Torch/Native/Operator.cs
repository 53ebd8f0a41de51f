using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace QwenMesh.Tensors.Torch.Native;

/// <summary>An operator of LibTorch's dispatcher by name and overload. Only for literals: they end with a zero byte and never move.</summary>
internal readonly unsafe struct Operator
{
    private readonly byte* _name;
    private readonly byte* _overload;

    private Operator(ReadOnlySpan<byte> name, ReadOnlySpan<byte> overload)
    {
        _name = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(name));
        _overload = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(overload));
    }

    public static Operator To { get; } = new("aten::to"u8, "dtype"u8);

    public static Operator Mul { get; } = new("aten::mul"u8, "Tensor"u8);

    public static Operator Div { get; } = new("aten::div"u8, "Tensor"u8);

    public static Operator Maximum { get; } = new("aten::maximum"u8, "\0"u8);

    public static Operator Minimum { get; } = new("aten::minimum"u8, "\0"u8);

    public static Operator Abs { get; } = new("aten::abs"u8, "\0"u8);

    public static Operator Sqrt { get; } = new("aten::sqrt"u8, "\0"u8);

    public static Operator Rsqrt { get; } = new("aten::rsqrt"u8, "\0"u8);

    public static Operator Round { get; } = new("aten::round"u8, "\0"u8);

    public static Operator NanToNum { get; } = new("aten::nan_to_num"u8, "\0"u8);

    public static Operator Silu { get; } = new("aten::silu"u8, "\0"u8);

    public static Operator Gelu { get; } = new("aten::gelu"u8, "\0"u8);

    public static Operator Sum { get; } = new("aten::sum"u8, "dim_IntList"u8);

    public static Operator Mean { get; } = new("aten::mean"u8, "dim"u8);

    public static Operator Max { get; } = new("aten::amax"u8, "\0"u8);

    public static Operator LayerNorm { get; } = new("aten::layer_norm"u8, "\0"u8);

    public static Operator Linear { get; } = new("aten::linear"u8, "out"u8);

    public static Operator ScaledMatMul { get; } = new("aten::_scaled_mm"u8, "out"u8);

    public static Operator Attention { get; } = new("aten::scaled_dot_product_attention"u8, "\0"u8);

    public static Operator AttentionKernel { get; } = new("aten::_fused_sdp_choice"u8, "\0"u8);

    public static Operator Convolution { get; } = new("aten::convolution"u8, "\0"u8);

    public static Operator Pad { get; } = new("aten::pad"u8, "\0"u8);

    public static Operator Upsample { get; } = new("aten::upsample_nearest2d"u8, "\0"u8);

    public static Operator IndexSelect { get; } = new("aten::index_select"u8, "\0"u8);

    public byte* Name => _name;

    public byte* Overload => _overload;

    public override string ToString() => Marshal.PtrToStringUTF8((nint)_name)!;
}
