using QwenMesh.Testing.Operations;

namespace QwenMesh.Tensors.Tests.Shared;

/// <summary>What does not fit is refused, and the message says what was expected. The same on every engine.</summary>
public abstract class ShapeTests : IDisposable
{
    private readonly TensorBackend _backend;
    private readonly TensorScope _scope;
    private readonly LinearWeight _linear;
    private readonly ConvWeight _conv;

    protected ShapeTests(TensorBackend backend)
    {
        _backend = backend;
        _scope = new TensorScope(_backend);
        _linear = _backend.LoadLinear(Stored("w", DType.Float32, [6, 4]), null);
        _conv = _backend.LoadConv(Stored("c", DType.Float32, [6, 4, 3, 3]), null);
    }

    public void Dispose()
    {
        _linear.Dispose();
        _conv.Dispose();
        _scope.Dispose();
        Assert.Equal(0, _backend.LiveTensors);
        _backend.Dispose();
    }

    [Fact]
    public void Linear_names_operation_expectation_and_finding()
    {
        var error = Misfit(nameof(TensorBackend.Linear), () => _backend.Linear(T(3, 5), _linear, T(3, 6)));
        Assert.Equal("x [rows, 4]", error.Expected);
        Assert.Equal("[3, 5]", error.Found);
        Misfit(nameof(TensorBackend.Linear), () => _backend.Linear(T(3, 4), _linear, T(2, 6)));
        Misfit(nameof(TensorBackend.Linear), () => _backend.Linear(Bytes(3, 4), _linear, T(3, 6)));
        Misfit(nameof(TensorBackend.LinearResidual), () => _backend.LinearResidual(T(3, 4), _linear, T(1, 5), T(3, 6)));
        Misfit(nameof(TensorBackend.LinearResidual), () => _backend.LinearResidual(T(3, 4), _linear, null, T(3, 7)));
        using var other = _backend.LoadLinear(Stored("w", DType.Float32, [5, 4]), null);
        Misfit(nameof(TensorBackend.LinearSwiGlu), () => _backend.LinearSwiGlu(T(3, 4), _linear, other, T(3, 6)));
    }

    [Fact]
    public void Weights_are_checked_when_loaded()
    {
        Misfit("LoadLinear", () => _backend.LoadLinear(Stored("w", DType.Float32, [6]), null));
        Misfit("LoadLinear", () => _backend.LoadLinear(Stored("w", DType.Float32, [6, 4, 3, 3]), null));
        Misfit("LoadLinear", () => _backend.LoadLinear(Stored("w", DType.Float32, [6, 4]), Stored("b", DType.Float32, [5])));
        Misfit("LoadLinear", () => _backend.LoadLinear(new HostTensor("w", DType.Float32, [6, 4], new byte[95]), null));
        Misfit("LoadLinear", () => _backend.LoadLinear(new HostTensor("w", DType.Int64, [6, 4], new byte[192]), null));
        Misfit("LoadConv", () => _backend.LoadConv(Stored("c", DType.Float32, [6, 4, 3]), null));
        Misfit("LoadConv", () => _backend.LoadConv(new HostTensor("c", DType.Float32, [6, 4, 0, 3], Array.Empty<byte>()), null));
        using var pointwise = _backend.LoadLinear(Stored("w", DType.Float32, [6, 4, 1, 1, 1]), null);
        Assert.Equal((6, 4), (pointwise.OutFeatures, pointwise.InFeatures));
    }

    [Fact]
    public void Attention_is_checked()
    {
        void Run(Tensor q, Tensor k, Tensor v, Tensor into, int heads = 2, int kvHeads = 1, bool causal = false, int[]? segments = null) =>
            Misfit("Attention", () => _backend.Attention(q, k, v, heads, kvHeads, 1, causal, into, segments));
        Run(T(3, 8), T(5, 4), T(5, 4), T(3, 8), heads: 3);
        Run(T(3, 8), T(5, 4), T(5, 4), T(3, 8), heads: 0);
        Run(T(3, 8), T(5, 3), T(5, 4), T(3, 8));
        Run(T(3, 8), T(5, 4), T(6, 4), T(3, 8));
        Run(T(3, 8), T(5, 4), T(5, 4), T(4, 8));
        Run(T(3, 8), T(5, 4), T(5, 4), T(3, 8), causal: true);
        Run(T(3, 8), T(0, 4), T(0, 4), T(3, 8));
        Run(T(5, 8), T(5, 4), T(5, 4), T(5, 8), segments: [0, 4]);
        Run(T(5, 8), T(5, 4), T(5, 4), T(5, 8), segments: [0, 4, 3, 5]);
        Run(T(3, 8), T(5, 4), T(5, 4), T(3, 8), segments: [0, 3]);
    }

    [Fact]
    public void Norms_and_rotation_are_checked()
    {
        Misfit("RmsNorm", () => _backend.RmsNorm(T(3, 4), T(5), 0, T(3, 4)));
        Misfit("RmsNorm", () => _backend.RmsNorm(T(3, 4), T(4), 0, T(4, 3)));
        Misfit("LayerNormModulate", () => _backend.LayerNormModulate(T(3, 4), T(1, 3), T(1, 4), 0, T(3, 4)));
        Misfit("LayerNormModulate", () => _backend.LayerNormModulate(T(3, 4), T(1, 4), T(2, 4), 0, T(3, 4)));
        Misfit("HeadNormRotary", () => _backend.HeadNormRotary(T(3, 8), 3, null, 0, null, null, RotaryLayout.Interleaved));
        Misfit("HeadNormRotary", () => _backend.HeadNormRotary(T(3, 8), 2, T(3), 0, null, null, RotaryLayout.Interleaved));
        Misfit("HeadNormRotary", () => _backend.HeadNormRotary(T(3, 8), 2, null, 0, T(3, 2), null, RotaryLayout.Interleaved));
        Misfit("HeadNormRotary", () => _backend.HeadNormRotary(T(3, 8), 2, null, 0, T(3, 2), T(2, 2), RotaryLayout.Interleaved));
        Misfit("HeadNormRotary", () => _backend.HeadNormRotary(T(3, 6), 2, null, 0, T(3, 1), T(3, 1), RotaryLayout.Interleaved));
        Misfit("ChannelNorm", () => _backend.ChannelNorm(T(3, 3, 4), T(3), true, T(3, 3, 4)));
        Misfit("Silu", () => _backend.Silu(T(3, 4), T(11)));
        Misfit("Add", () => _backend.Add(T(3, 4), T(13)));
        using var table = _backend.LoadEmbedding(Stored("t", DType.Float32, [5, 4]));
        Misfit("Embedding", () => _backend.Embedding(table, [1, 2], T(3, 4)));
        Misfit("LoadEmbedding", () => _backend.LoadEmbedding(Stored("t", DType.Float32, [20])));
    }

    [Fact]
    public void Pictures_are_checked()
    {
        Misfit("Conv2d", () => _backend.Conv2d(T(5, 5, 3), _conv, Padding.All(1), 1, T(5, 5, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(25, 4), _conv, Padding.All(1), 1, T(5, 5, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(5, 5, 4), _conv, Padding.All(0), 1, T(5, 5, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(5, 5, 4), _conv, Padding.All(1), 0, T(5, 5, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(5, 5, 4), _conv, Padding.All(-1), 1, T(1, 1, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(1, 1, 4), _conv, Padding.All(0), 1, T(1, 1, 6)));
        Misfit("Conv2d", () => _backend.Conv2d(T(5, 5, 4), _conv, Padding.All(1), 1, T(5, 5, 6), T(5, 5, 5)));
        Misfit("ChannelsLast", () => _backend.ChannelsLast(T(3, 4, 5), T(3), T(3), T(4, 3, 5)));
        Misfit("ChannelsFirst", () => _backend.ChannelsFirst(T(4, 5, 3), T(3), T(2), T(3, 4, 5)));
        Misfit("ToRgb8", () => _backend.ToRgb8(T(4, 5, 3), T(4, 5, 3)));
        Misfit("ToRgb8", () => _backend.ToRgb8(T(4, 5, 3), Bytes(4, 5)));
    }

    [Fact]
    public void Latents_and_sampling_are_checked()
    {
        Misfit("PackLatents", () => _backend.PackLatents(T(2, 5, 4), 2, T(4, 8)));
        Misfit("PackLatents", () => _backend.PackLatents(T(2, 4, 4), 2, T(4, 4)));
        Misfit("UnpackLatents", () => _backend.UnpackLatents(T(3, 8), 2, T(2, 4, 4)));
        Misfit("TrueGuidance", () => _backend.TrueGuidance(T(3, 4), T(4, 3), 1, T(3, 4)));
        Misfit("EulerStep", () => _backend.EulerStep(T(3, 4), T(3, 3), 1));
        Misfit("Copy", () => _backend.Copy(T(3, 4), T(3, 5)));
        Misfit("Copy", () => _backend.Copy(T(3, 4), Bytes(3, 4)));
        Misfit("Read", () => _backend.Read(T(3, 4), new float[11]));
        Misfit("From", () => _backend.From([1, 2, 3], [2]));
        Misfit("Rows", () => T(3, 4).Rows(2, 2));
        Misfit("Reshape", () => T(3, 4).Reshape([5]));
        Misfit("Slice", () => T(3, 4).Slice(0, 1));
    }

    [Fact]
    public void An_output_that_shares_memory_with_an_input_is_refused()
    {
        var x = T(6, 4);
        using var square = _backend.LoadLinear(Stored("w", DType.Float32, [4, 4]), null);
        Assert.Throws<ArgumentException>(() => _backend.Linear(x.Rows(0, 3), square, x.Rows(2, 3)));
        Assert.Throws<ArgumentException>(() => _backend.Attention(x, x, x, 1, 1, 1, false, x));
        _backend.Linear(x.Rows(0, 3), square, x.Rows(3, 3));
    }

    private static ShapeException Misfit(string operation, Action action)
    {
        var error = Assert.Throws<ShapeException>(action);
        Assert.Equal(operation, error.Operation);
        Assert.NotEmpty(error.Found);
        return error;
    }

    private static HostTensor Stored(string name, DType dtype, Shape shape) => OperationRun.Stored(name, dtype, shape, new float[shape.Count]);

    private Tensor T(params int[] dims)
    {
        var tensor = _scope.Empty(new Shape(dims));
        using var zeros = _backend.From(new float[tensor.Shape.Count], tensor.Shape);
        _backend.Copy(zeros, tensor);
        return tensor;
    }

    private Tensor Bytes(params int[] dims) => _scope.Empty(new Shape(dims), DType.UInt8);
}
