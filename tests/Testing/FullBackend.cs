using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>An engine whose device is full at one of its operations, and whose memory is otherwise that of the engine inside.</summary>
public sealed class FullBackend(TensorBackend inner) : TensorBackend
{
    /// <summary>Operations until the device is full, allocations included; 0 for never.</summary>
    public int Operations { get; set; }

    public override string Device => inner.Device;

    public override string Description => inner.Description;

    public override DType ComputeType => inner.ComputeType;

    public override EngineMemory Memory => inner.Memory;

    public override int LiveTensors => inner.LiveTensors;

    /// <summary>Runs something with the device full at its first operation, at its second and so on, until it succeeds; no failure may leave a tensor behind.</summary>
    /// <returns>Operations that it takes.</returns>
    public int AssertNothingStays(Action run)
    {
        var before = LiveTensors;
        for (var at = 1; ; at++)
        {
            Operations = at;
            try
            {
                run();
                Operations = 0;
                return at - 1;
            }
            catch (OutOfDeviceMemoryException)
            {
                Xunit.Assert.True(LiveTensors == before, $"{LiveTensors - before} tensors stay when operation {at} fails");
            }
        }
    }

    public override Tensor LoadVector(HostTensor source) => inner.LoadVector(source);

    public override EmbeddingTable LoadEmbedding(HostTensor table) => inner.LoadEmbedding(table);

    public override LinearWeight LoadLinear(HostTensor weight, HostTensor? bias) => inner.LoadLinear(weight, bias);

    public override ConvWeight LoadConv(HostTensor weight, HostTensor? bias) => inner.LoadConv(weight, bias);

    public override Tensor Empty(Shape shape, DType? dtype = null) => Counted().Empty(shape, dtype);

    public override Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null) => Counted().From(elements, shape, dtype);

    public override void Read(Tensor source, Span<float> destination) => Counted().Read(source, destination);

    public override void Read(Tensor source, Span<byte> destination) => Counted().Read(source, destination);

    public override void Copy(Tensor source, Tensor into) => Counted().Copy(source, into);

    public override void Linear(
        Tensor x, LinearWeight weight, Tensor into, Activation activation = Activation.None, LowRankAdapter? adapter = null) =>
        Counted().Linear(x, weight, into, activation, adapter);

    public override void LinearResidual(Tensor x, LinearWeight weight, Tensor? gate, Tensor residual, LowRankAdapter? adapter = null) =>
        Counted().LinearResidual(x, weight, gate, residual, adapter);

    public override void LinearSwiGlu(
        Tensor x, LinearWeight gate, LinearWeight up, Tensor into, LowRankAdapter? gateAdapter = null, LowRankAdapter? upAdapter = null) =>
        Counted().LinearSwiGlu(x, gate, up, into, gateAdapter, upAdapter);

    public override void Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, float scale, bool causal, Tensor into, ReadOnlySpan<int> segments = default) =>
        Counted().Attention(q, k, v, heads, kvHeads, scale, causal, into, segments);

    public override void RmsNorm(Tensor x, Tensor weight, float eps, Tensor into) => Counted().RmsNorm(x, weight, eps, into);

    public override void LayerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps, Tensor into) => Counted().LayerNormModulate(x, shift, scale, eps, into);

    public override void HeadNormRotary(Tensor x, int heads, Tensor? weight, float eps, Tensor? cos, Tensor? sin, RotaryLayout layout) =>
        Counted().HeadNormRotary(x, heads, weight, eps, cos, sin, layout);

    public override void Embedding(EmbeddingTable table, ReadOnlySpan<int> ids, Tensor into) => Counted().Embedding(table, ids, into);

    public override void SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into) => Counted().SelectRows(x, rows, into);

    public override void Silu(Tensor x, Tensor into) => Counted().Silu(x, into);

    public override void Add(Tensor x, Tensor y) => Counted().Add(x, y);

    public override void Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual = null, bool upsample = false) =>
        Counted().Conv2d(x, weight, padding, stride, into, residual, upsample);

    public override void ChannelNorm(Tensor x, Tensor gamma, bool silu, Tensor into) => Counted().ChannelNorm(x, gamma, silu, into);

    public override void ChannelsLast(Tensor x, Tensor scale, Tensor shift, Tensor into) => Counted().ChannelsLast(x, scale, shift, into);

    public override void ChannelsFirst(Tensor x, Tensor scale, Tensor shift, Tensor into) => Counted().ChannelsFirst(x, scale, shift, into);

    public override void ToRgb8(Tensor x, Tensor into) => Counted().ToRgb8(x, into);

    public override void PackLatents(Tensor latents, int patch, Tensor into) => Counted().PackLatents(latents, patch, into);

    public override void UnpackLatents(Tensor tokens, int patch, Tensor into) => Counted().UnpackLatents(tokens, patch, into);

    public override void TrueGuidance(Tensor cond, Tensor negative, float scale, Tensor into) => Counted().TrueGuidance(cond, negative, scale, into);

    public override void EulerStep(Tensor x, Tensor v, float dt) => Counted().EulerStep(x, v, dt);

    public override void KeepOutside(Tensor x, Tensor mask, Tensor clean, Tensor noise, float sigma) => Counted().KeepOutside(x, mask, clean, noise, sigma);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private TensorBackend Counted() => Operations > 0 && --Operations == 0 ? throw new OutOfDeviceMemoryException(Device, "as the test has it") : inner;
}
