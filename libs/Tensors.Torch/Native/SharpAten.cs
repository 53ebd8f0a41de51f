using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Functional = TorchSharp.torch.nn.functional;
using SharpTensor = TorchSharp.torch.Tensor;

namespace QwenMesh.Tensors.Torch.Native;

/// <summary>
/// LibTorch through TorchSharp. What its binding does not have goes through the C interface, on the same tensors: memory that is ours or
/// page-locked, results in place, attention's scale and grouped heads, float8. New tensors are made there too, because TorchSharp's
/// factories run a loader of their own, which may bring a second LibTorch into the process.
/// </summary>
internal sealed class SharpAten(LibTorch library, StableAten c, NativeFailures failures) : Aten
{
    private static readonly long[] Last = [-1];

    public override string Binding => "TorchSharp " + typeof(torch).Assembly.GetName().Version!.ToString(3);

    public override TorchDevice Device => c.Device;

    public override int Threads => c.Threads;

    public override nint Stream => c.Stream;

    /// <summary>Loads TorchSharp's native library.</summary>
    /// <exception cref="TorchException">It cannot work here.</exception>
    public SharpAten Load()
    {
        library.LoadTorchSharp();
        return this;
    }

    public override nint Empty(ReadOnlySpan<long> sizes, AtenType type) => c.Empty(sizes, type);

    public override nint EmptyPinned(ReadOnlySpan<long> sizes, AtenType type) => c.EmptyPinned(sizes, type);

    public override nint FromMemory(nint data, ReadOnlySpan<long> sizes, AtenType type) => c.FromMemory(data, sizes, type);

    public override nint View(nint tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, long offset)
    {
        var (size, stride) = (sizes.ToArray(), strides.ToArray());
        return Run(tensor, x => x.as_strided(size, stride, x.storage_offset() + offset));
    }

    public override nint To(nint tensor, AtenType type) => type == AtenType.Float8E4M3 ? c.To(tensor, type) : Run(tensor, x => x.to_type(Type(type)));

    public override void Copy(nint source, nint into, bool nonBlocking = false) => Call(() =>
    {
        using var from = new Borrowed(source);
        using var to = new Borrowed(into);
        to.Tensor.copy_(from.Tensor, nonBlocking);
        return into;
    });

    public override nint Data(nint tensor) => c.Data(tensor);

    public override void Delete(nint tensor) => c.Delete(tensor);

    public override nint Add(nint x, nint y, double alpha = 1) => Run(x, y, (a, b) => a.add(b, alpha));

    public override nint Add(nint x, double y) => Run(x, a => a.add(y));

    public override nint Mul(nint x, nint y) => Run(x, y, (a, b) => a.mul(b));

    public override nint Mul(nint x, double y) => Run(x, a => a.mul(y));

    public override nint Div(nint x, nint y) => Run(x, y, (a, b) => a.div(b));

    public override nint Maximum(nint x, nint y) => Run(x, y, (a, b) => a.maximum(b));

    public override nint Minimum(nint x, nint y) => Run(x, y, (a, b) => a.minimum(b));

    public override nint Abs(nint x) => Run(x, a => a.abs());

    public override nint Sqrt(nint x) => Run(x, a => a.sqrt());

    public override nint Rsqrt(nint x) => Run(x, a => a.rsqrt());

    public override nint Round(nint x) => Run(x, a => a.round());

    public override nint NanToNum(nint x, double value) => Run(x, a => a.nan_to_num(value));

    public override nint Silu(nint x) => Run(x, a => a.silu());

    public override nint Gelu(nint x, bool tanh) =>
        Run(x, a => Functional.gelu(a, tanh ? GELU.Approximate.tanh : GELU.Approximate.none));

    public override nint Sum(nint x) => Run(x, a => a.sum(Last, keepdim: true));

    public override nint Mean(nint x) => Run(x, a => a.mean(Last, keepdim: true));

    public override nint Max(nint x) => Run(x, a => a.amax(Last, keepdim: true));

    public override nint LayerNorm(nint x, long columns, nint weight, nint bias, double eps) => Call(() =>
    {
        using var from = new Borrowed(x);
        using var factor = new Borrowed(weight);
        using var offset = new Borrowed(bias);
        return Functional.layer_norm(from.Tensor, [columns], factor.Tensor, offset.Tensor, eps).DecoupleFromNativeHandle();
    });

    public override void Linear(nint x, nint weight, nint bias, nint into) => c.Linear(x, weight, bias, into);

    public override void AddProduct(nint x, nint y, double alpha, nint into) => c.AddProduct(x, y, alpha, into);

    public override void ScaledLinear(nint x, nint weightTransposed, nint xScale, nint weightScale, nint bias, nint into) =>
        c.ScaledLinear(x, weightTransposed, xScale, weightScale, bias, into);

    public override nint Attention(nint q, nint k, nint v, bool causal, double scale, bool grouped) => c.Attention(q, k, v, causal, scale, grouped);

    public override AttentionKernel AttentionKernel(nint q, nint k, nint v, bool causal, double scale, bool grouped) =>
        c.AttentionKernel(q, k, v, causal, scale, grouped);

    public override nint Conv2d(nint x, nint weight, nint bias, long stride, long padTop, long padLeft) => Call(() =>
    {
        using var picture = new Borrowed(x);
        using var kernel = new Borrowed(weight);
        using var offset = new Borrowed(bias);
        return Functional.conv2d(picture.Tensor, kernel.Tensor, offset.Tensor, [stride, stride], [padTop, padLeft])
            .DecoupleFromNativeHandle();
    });

    public override nint Pad(nint x, long left, long right, long top, long bottom) =>
        Run(x, a => Functional.pad(a, [left, right, top, bottom]));

    public override nint Upsample(nint x, long height, long width) => Run(x, a => Functional.interpolate(a, [height, width]));

    public override nint Rows(nint matrix, nint ids) => Run(matrix, ids, (table, chosen) => table.index_select(0, chosen));

    private nint Run(nint x, Func<SharpTensor, SharpTensor> operation, [CallerMemberName] string name = "") => Call(() =>
    {
        using var a = new Borrowed(x);
        return operation(a.Tensor).DecoupleFromNativeHandle();
    }, name);

    private nint Run(nint x, nint y, Func<SharpTensor, SharpTensor, SharpTensor> operation, [CallerMemberName] string name = "") => Call(() =>
    {
        using var a = new Borrowed(x);
        using var b = new Borrowed(y);
        return operation(a.Tensor, b.Tensor).DecoupleFromNativeHandle();
    }, name);

    private nint Call(Func<nint> operation, [CallerMemberName] string name = "")
    {
        c.EnterThread();
        try
        {
            return operation();
        }
        catch (ExternalException error)
        {
            throw failures.Translate(name, error.Message);
        }
    }

    private static ScalarType Type(AtenType type) => type switch
    {
        AtenType.Float32 => ScalarType.Float32,
        AtenType.Float16 => ScalarType.Float16,
        AtenType.BFloat16 => ScalarType.BFloat16,
        AtenType.UInt8 => ScalarType.Byte,
        AtenType.Int64 => ScalarType.Int64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "TorchSharp has no such type"),
    };

    /// <summary>TorchSharp's face of a handle that it does not own; null for 0.</summary>
    private readonly ref struct Borrowed(nint handle)
    {
        private readonly SharpTensor? _tensor = handle == 0 ? null : SharpTensor.UnsafeCreateTensor(handle);

        public SharpTensor Tensor => _tensor!;

        // Without this its finaliser would delete what it does not own.
        public void Dispose() => _tensor?.DecoupleFromNativeHandle();
    }
}
