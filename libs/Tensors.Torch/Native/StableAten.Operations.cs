namespace QwenMesh.Tensors.Torch.Native;

internal sealed unsafe partial class StableAten
{
    private const int MaxAxes = 8;

    public override nint Empty(ReadOnlySpan<long> sizes, AtenType type) =>
        Allocate(_torch.Empty, sizes, type, _torch.DeviceType, Device.Index, nameof(Empty));

    public override nint EmptyPinned(ReadOnlySpan<long> sizes, AtenType type) =>
        Allocate(_torch.EmptyPinned, sizes, type, _torch.CpuType, 0, nameof(EmptyPinned));

    public override nint FromMemory(nint data, ReadOnlySpan<long> sizes, AtenType type)
    {
        var strides = stackalloc long[MaxAxes];
        Contiguous(sizes, new Span<long>(strides, MaxAxes));
        nint tensor;
        fixed (long* dims = sizes)
        {
            Check(_torch.FromMemory(data, sizes.Length, dims, strides, 0, _torch.NumberOf(type), _torch.CpuType, 0, &tensor));
        }
        return tensor;
    }

    public override nint View(nint tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, long offset)
    {
        nint view;
        fixed (long* dims = sizes, steps = strides)
        {
            Check(_torch.View(tensor, sizes.Length, dims, steps, offset, &view));
        }
        return view;
    }

    // to.dtype(self, dtype, non_blocking, copy, memory_format)
    public override nint To(nint tensor, AtenType type) => Call(Operator.To, Tensor(tensor), Type(type), Flag(false), Flag(false), None);

    public override void Copy(nint source, nint into, bool nonBlocking = false)
    {
        EnterThread();
        Check(_torch.Copy(into, source, nonBlocking ? 1 : 0));
    }

    public override nint Data(nint tensor)
    {
        void* data;
        Check(_torch.Data(tensor, &data));
        return (nint)data;
    }

    public override void Delete(nint tensor) => Check(_torch.Delete(tensor));

    public override nint Add(nint x, nint y, double alpha = 1)
    {
        EnterThread();
        nint sum;
        Check(_torch.AddTensor(x, y, alpha, &sum));
        return sum;
    }

    public override nint Add(nint x, double y)
    {
        EnterThread();
        nint sum;
        Check(_torch.AddScalar(x, y, 1, &sum));
        return sum;
    }

    public override nint Mul(nint x, nint y) => Call(Operator.Mul, Tensor(x), Tensor(y));

    public override nint Mul(nint x, double y)
    {
        EnterThread();
        nint product;
        Check(_torch.MulScalar(x, y, &product));
        return product;
    }

    public override nint Div(nint x, nint y) => Call(Operator.Div, Tensor(x), Tensor(y));

    public override nint Maximum(nint x, nint y) => Call(Operator.Maximum, Tensor(x), Tensor(y));

    public override nint Minimum(nint x, nint y) => Call(Operator.Minimum, Tensor(x), Tensor(y));

    public override nint Abs(nint x) => Call(Operator.Abs, Tensor(x));

    public override nint Sqrt(nint x) => Call(Operator.Sqrt, Tensor(x));

    public override nint Rsqrt(nint x) => Call(Operator.Rsqrt, Tensor(x));

    public override nint Round(nint x) => Call(Operator.Round, Tensor(x));

    // nan_to_num(self, nan, posinf, neginf)
    public override nint NanToNum(nint x, double value) => Call(Operator.NanToNum, Tensor(x), _torch.Some(Number(value)), None, None);

    public override nint Silu(nint x) => Call(Operator.Silu, Tensor(x));

    public override nint Gelu(nint x, bool tanh) => Call(Operator.Gelu, Tensor(x), Text(tanh ? "tanh"u8 : "none"u8));

    // sum.dim_IntList(self, dim, keepdim, dtype)
    public override nint Sum(nint x) => Call(Operator.Sum, Tensor(x), _torch.Some(List(-1)), Flag(true), None);

    public override nint Mean(nint x) => Call(Operator.Mean, Tensor(x), _torch.Some(List(-1)), Flag(true), None);

    // amax(self, dim, keepdim)
    public override nint Max(nint x) => Call(Operator.Max, Tensor(x), List(-1), Flag(true));

    // layer_norm(input, normalized_shape, weight, bias, eps, cudnn_enable)
    public override nint LayerNorm(nint x, long columns, nint weight, nint bias, double eps) => Call(
        Operator.LayerNorm, Tensor(x), List(columns), OptionalTensor(weight), OptionalTensor(bias), Number(eps), Flag(true));

    // linear.out(input, weight, bias, *, out)
    public override void Linear(nint x, nint weight, nint bias, nint into) =>
        Delete(Call(Operator.Linear, Tensor(x), Tensor(weight), OptionalTensor(bias), Tensor(into)));

    public override void AddProduct(nint x, nint y, double alpha, nint into)
    {
        EnterThread();
        Check(_torch.AddMatMul(into, into, x, y, 1, alpha));
    }

    // _scaled_mm.out(self, mat2, scale_a, scale_b, bias, scale_result, out_dtype, use_fast_accum, *, out)
    public override void ScaledLinear(nint x, nint weightTransposed, nint xScale, nint weightScale, nint bias, nint into) => Delete(Call(
        Operator.ScaledMatMul, Tensor(x), Tensor(weightTransposed), Tensor(xScale), Tensor(weightScale), OptionalTensor(bias), None,
        _torch.Some(Type(AtenType.BFloat16)), Flag(Device.IsCuda), Tensor(into)));

    // scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, *, scale, enable_gqa)
    public override nint Attention(nint q, nint k, nint v, bool causal, double scale, bool grouped) => Call(
        Operator.Attention, Tensor(q), Tensor(k), Tensor(v), None, Number(0), Flag(causal), _torch.Some(Number(scale)), Flag(grouped));

    public override AttentionKernel AttentionKernel(nint q, nint k, nint v, bool causal, double scale, bool grouped) => (AttentionKernel)CallRaw(
        Operator.AttentionKernel, Tensor(q), Tensor(k), Tensor(v), None, Number(0), Flag(causal), _torch.Some(Number(scale)), Flag(grouped));

    // convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)
    public override nint Conv2d(nint x, nint weight, nint bias, long stride, long padTop, long padLeft) => Call(
        Operator.Convolution, Tensor(x), Tensor(weight), OptionalTensor(bias), List(stride, stride), List(padTop, padLeft), List(1, 1), Flag(false),
        List(0, 0), 1);

    // pad(self, pad, mode, value)
    public override nint Pad(nint x, long left, long right, long top, long bottom) =>
        Call(Operator.Pad, Tensor(x), List(left, right, top, bottom), Text("constant"u8), None);

    // upsample_nearest2d(self, output_size, scales_h, scales_w)
    public override nint Upsample(nint x, long height, long width) => Call(Operator.Upsample, Tensor(x), List(height, width), None, None);

    // index_select(self, dim, index)
    public override nint Rows(nint matrix, nint ids) => Call(Operator.IndexSelect, Tensor(matrix), 0, Tensor(ids));

    private nint Allocate(
        delegate* unmanaged[Cdecl]<long, long*, long*, int, int, int, nint*, int> allocate, ReadOnlySpan<long> sizes, AtenType type, int device,
        int index, string operation)
    {
        var strides = stackalloc long[MaxAxes];
        Contiguous(sizes, new Span<long>(strides, MaxAxes));
        nint tensor;
        int code;
        fixed (long* dims = sizes)
        {
            code = allocate(sizes.Length, dims, strides, _torch.NumberOf(type), device, index, &tensor);
        }
        if (code != 0)
        {
            throw _failures.Allocation(operation, AtenTypes.Bytes(sizes, type), _torch.LastError());
        }
        return tensor;
    }

    private static void Contiguous(ReadOnlySpan<long> sizes, Span<long> strides)
    {
        long step = 1;
        for (var axis = sizes.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= Math.Max(1, sizes[axis]);
        }
    }
}
