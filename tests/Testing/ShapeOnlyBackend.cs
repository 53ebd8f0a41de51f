using QwenMesh.Tensors;

namespace QwenMesh.Testing;

/// <summary>An engine that loads weights as sizes, without bytes, so that full-size models can be built; it computes nothing.</summary>
public sealed class ShapeOnlyBackend : TensorBackend
{
    public override string Device => "none";

    public override string Description => "shapes only";

    public override int LiveTensors => 0;

    public override DType ComputeType => DType.Float32;

    public override EngineMemory Memory => Reported;

    /// <summary>What it says of its memory; no limit by default.</summary>
    public EngineMemory Reported { get; init; }

    public override Tensor LoadVector(HostTensor source) => new SizedTensor(source.Shape, DType.Float32);

    public override EmbeddingTable LoadEmbedding(HostTensor table) => new SizedTable(table.Shape[0], table.Shape[1]);

    public override LinearWeight LoadLinear(HostTensor weight, HostTensor? bias)
    {
        var dims = weight.Shape.Dims;
        if (dims.Length < 2 || dims[2..].ContainsAnyExcept(1))
        {
            throw new ArgumentException($"{weight.Name}: a linear weight of shape {weight.Shape}", nameof(weight));
        }
        CheckBias(weight, bias, dims[0]);
        return new SizedLinear(dims[0], dims[1]);
    }

    public override ConvWeight LoadConv(HostTensor weight, HostTensor? bias)
    {
        var dims = weight.Shape.Dims;
        if (dims.Length is not (4 or 5))
        {
            throw new ArgumentException($"{weight.Name}: a convolution weight of shape {weight.Shape}", nameof(weight));
        }
        CheckBias(weight, bias, dims[0]);
        return new SizedConv(dims[0], dims[1], dims[^2], dims[^1]);
    }

    public override Tensor Empty(Shape shape, DType? dtype = null) => new SizedTensor(shape, dtype ?? DType.Float32);

    public override Tensor From(ReadOnlySpan<float> elements, Shape shape, DType? dtype = null) => new SizedTensor(shape, dtype ?? DType.Float32);

    public override void Read(Tensor source, Span<float> destination) => throw Refused();

    public override void Read(Tensor source, Span<byte> destination) => throw Refused();

    public override void Copy(Tensor source, Tensor into) => throw Refused();

    public override void Linear(
        Tensor x, LinearWeight weight, Tensor into, Activation activation = Activation.None, LowRankAdapter? adapter = null) => throw Refused();

    public override void LinearResidual(Tensor x, LinearWeight weight, Tensor? gate, Tensor residual, LowRankAdapter? adapter = null) => throw Refused();

    public override void LinearSwiGlu(
        Tensor x, LinearWeight gate, LinearWeight up, Tensor into, LowRankAdapter? gateAdapter = null, LowRankAdapter? upAdapter = null) => throw Refused();

    public override void Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, float scale, bool causal, Tensor into, ReadOnlySpan<int> segments = default) =>
        throw Refused();

    public override void RmsNorm(Tensor x, Tensor weight, float eps, Tensor into) => throw Refused();

    public override void LayerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps, Tensor into) => throw Refused();

    public override void HeadNormRotary(Tensor x, int heads, Tensor? weight, float eps, Tensor? cos, Tensor? sin, RotaryLayout layout) =>
        throw Refused();

    public override void Embedding(EmbeddingTable table, ReadOnlySpan<int> ids, Tensor into) => throw Refused();

    public override void SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into) => throw Refused();

    public override void Silu(Tensor x, Tensor into) => throw Refused();

    public override void Add(Tensor x, Tensor y) => throw Refused();

    public override void Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual = null, bool upsample = false) => throw Refused();

    public override void ChannelNorm(Tensor x, Tensor gamma, bool silu, Tensor into) => throw Refused();

    public override void ChannelsLast(Tensor x, Tensor scale, Tensor shift, Tensor into) => throw Refused();

    public override void ChannelsFirst(Tensor x, Tensor scale, Tensor shift, Tensor into) => throw Refused();

    public override void ToRgb8(Tensor x, Tensor into) => throw Refused();

    public override void PackLatents(Tensor latents, int patch, Tensor into) => throw Refused();

    public override void UnpackLatents(Tensor tokens, int patch, Tensor into) => throw Refused();

    public override void TrueGuidance(Tensor cond, Tensor negative, float scale, Tensor into) => throw Refused();

    public override void EulerStep(Tensor x, Tensor v, float dt) => throw Refused();

    public override void KeepOutside(Tensor x, Tensor mask, Tensor clean, Tensor noise, float sigma) => throw Refused();

    private static void CheckBias(HostTensor weight, HostTensor? bias, int outputs)
    {
        if (bias is not null && bias.Shape != new Shape(outputs))
        {
            throw new ArgumentException($"{bias.Name}: bias of shape {bias.Shape} beside {weight.Shape}", nameof(bias));
        }
    }

    private static NotSupportedException Refused() => new("this engine holds shapes only");

    private sealed class SizedTensor(Shape shape, DType dtype) : Tensor(shape, dtype)
    {
        public override Tensor Rows(int start, int count) => new SizedTensor([count, Shape.Columns], DType);

        public override Tensor Reshape(Shape shape) => new SizedTensor(shape, DType);

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class SizedLinear(int outFeatures, int inFeatures) : LinearWeight(outFeatures, inFeatures);

    private sealed class SizedTable(int vocabulary, int columns) : EmbeddingTable(vocabulary, columns);

    private sealed class SizedConv(int outChannels, int inChannels, int kernelHeight, int kernelWidth)
        : ConvWeight(outChannels, inChannels, kernelHeight, kernelWidth);
}
