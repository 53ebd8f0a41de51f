namespace QwenMesh.Tensors.Torch.Native;

/// <summary>
/// The operations of LibTorch that the engine is made of. A tensor is a handle: an <c>at::Tensor*</c> on the heap, which whoever
/// receives it deletes. Handles of all bindings are alike, so one binding may take another's. Sizes and strides are in elements;
/// "last" is the last axis. Failures throw <see cref="TorchException"/>, missing memory
/// <see cref="OutOfDeviceMemoryException"/>.
/// </summary>
internal abstract class Aten
{
    /// <summary>Name of the binding, for logs.</summary>
    public abstract string Binding { get; }

    public abstract TorchDevice Device { get; }

    /// <summary>Threads of one operation on the CPU.</summary>
    public abstract int Threads { get; }

    /// <summary>The calling thread's current stream. CUDA only.</summary>
    public abstract nint Stream { get; }

    // ---- memory

    /// <summary>A contiguous tensor on the device, contents undefined.</summary>
    public abstract nint Empty(ReadOnlySpan<long> sizes, AtenType type);

    /// <summary>A contiguous tensor in page-locked host memory. CUDA only.</summary>
    public abstract nint EmptyPinned(ReadOnlySpan<long> sizes, AtenType type);

    /// <summary>A contiguous tensor over host memory of the caller, which has to outlive it. Nothing is copied.</summary>
    public abstract nint FromMemory(nint data, ReadOnlySpan<long> sizes, AtenType type);

    /// <summary>Another look at the memory that the tensor lies in; offset from the start of that memory.</summary>
    public abstract nint View(nint tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, long offset);

    /// <summary>The same elements in another type; another handle of the same tensor when it has that type.</summary>
    public abstract nint To(nint tensor, AtenType type);

    /// <summary>Copies between shapes that broadcast, types and devices. With nonBlocking the source must stay until the stream got there.</summary>
    public abstract void Copy(nint source, nint into, bool nonBlocking = false);

    /// <summary>Address of the first element.</summary>
    public abstract nint Data(nint tensor);

    public abstract void Delete(nint tensor);

    // ---- elementwise; shapes broadcast, mixed types give the wider one

    /// <summary>x + alpha·y</summary>
    public abstract nint Add(nint x, nint y, double alpha = 1);

    public abstract nint Add(nint x, double y);

    public abstract nint Mul(nint x, nint y);

    public abstract nint Mul(nint x, double y);

    public abstract nint Div(nint x, nint y);

    public abstract nint Maximum(nint x, nint y);

    public abstract nint Minimum(nint x, nint y);

    public abstract nint Abs(nint x);

    public abstract nint Sqrt(nint x);

    public abstract nint Rsqrt(nint x);

    /// <summary>To the nearest integer, halves to even.</summary>
    public abstract nint Round(nint x);

    /// <summary>NaN becomes <paramref name="value"/>; infinities become the largest finite numbers.</summary>
    public abstract nint NanToNum(nint x, double value);

    public abstract nint Silu(nint x);

    public abstract nint Gelu(nint x, bool tanh);

    // ---- over the last axis, which stays with size 1

    public abstract nint Sum(nint x);

    public abstract nint Mean(nint x);

    public abstract nint Max(nint x);

    /// <summary>(x − mean)/√(variance + eps)·weight + bias; the statistics in Float32.</summary>
    public abstract nint LayerNorm(nint x, long columns, nint weight, nint bias, double eps);

    // ---- products

    /// <summary>into = x·weightᵀ + bias. All of one type; weight [out, in], bias [out] or 0.</summary>
    public abstract void Linear(nint x, nint weight, nint bias, nint into);

    /// <summary>into += alpha·x·y. All of one type; x [rows, in], y [in, out], any strides.</summary>
    public abstract void AddProduct(nint x, nint y, double alpha, nint into);

    /// <summary>into = x·wᵀ of float8 e4m3 matrices with a Float32 scale for every row of either, plus bias [out] or 0.</summary>
    /// <param name="x">[rows, in]</param>
    /// <param name="weightTransposed">[in, out], column-major.</param>
    /// <param name="xScale">[rows, 1]</param>
    /// <param name="weightScale">[1, out]</param>
    /// <param name="bias">[out] BFloat16, or 0.</param>
    /// <param name="into">[rows, out] BFloat16.</param>
    public abstract void ScaledLinear(nint x, nint weightTransposed, nint xScale, nint weightScale, nint bias, nint into);

    /// <summary>Softmax(q·kᵀ·scale)·v. [batch, heads, rows, dim] each, any strides; k and v may have fewer heads.</summary>
    public abstract nint Attention(nint q, nint k, nint v, bool causal, double scale, bool grouped);

    /// <summary>Which kernel <see cref="Attention"/> takes for these.</summary>
    public abstract AttentionKernel AttentionKernel(nint q, nint k, nint v, bool causal, double scale, bool grouped);

    // ---- pictures [batch, channels, height, width], any memory layout

    public abstract nint Conv2d(nint x, nint weight, nint bias, long stride, long padTop, long padLeft);

    /// <summary>Zeros around the picture.</summary>
    public abstract nint Pad(nint x, long left, long right, long top, long bottom);

    /// <summary>Enlarges by nearest neighbour.</summary>
    public abstract nint Upsample(nint x, long height, long width);

    /// <summary>Rows of a matrix. ids: Int64, on the matrix's device.</summary>
    public abstract nint Rows(nint matrix, nint ids);
}

/// <summary>The kernels behind scaled dot product attention, as LibTorch numbers them.</summary>
internal enum AttentionKernel
{
    Unknown = -1,
    Math = 0,
    Flash = 1,
    MemoryEfficient = 2,
    CuDnn = 3,
    Other = 4,
}
