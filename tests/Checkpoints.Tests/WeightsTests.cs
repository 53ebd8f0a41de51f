using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

public sealed class WeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointIndex _index;
    private readonly Weights _weights;

    public WeightsTests()
    {
        File.WriteAllBytes(_folder.File("model.safetensors"), SafetensorsWriter.Encode([
            new HostTensor("norm.weight", DType.Float32, [2], new byte[8]),
            new HostTensor("layers.0.proj.weight", DType.BFloat16, [2, 3], new byte[12]),
            new HostTensor("layers.0.proj.bias", DType.Float16, [2], new byte[4]),
            new HostTensor("layers.10.proj.weight", DType.Float32, [1], new byte[4]),
            new HostTensor("step", DType.Int64, [], new byte[8]),
        ]));
        _index = CheckpointIndex.Open(_folder.Path, "model");
        _weights = Weights.From(_index);
    }

    public void Dispose()
    {
        _index.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_module_takes_tensors_by_their_path()
    {
        var projection = _weights.At("layers").At(0).At("proj");
        Assert.Equal("layers.0.proj.weight", projection.Take("weight", 2, 3).Name);
        Assert.True(projection.Has("bias"));
        Assert.False(projection.Has("gamma"));
        Assert.False(_weights.Has("layers.0.proj"));
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        var missing = Assert.Throws<CheckpointException>(() => _weights.At("layers.1").Take("proj.weight", 2, 3));
        Assert.Equal("layers.1.proj.weight", missing.Tensor);
        Assert.Contains("[2, 3]", missing.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(6)]
    [InlineData(2, 3, 1)]
    public void A_tensor_of_another_shape_is_named(params int[] shape)
    {
        var wrong = Assert.Throws<CheckpointException>(() => _weights.At("layers.0.proj").Take("weight", shape));
        Assert.Equal("layers.0.proj.weight", wrong.Tensor);
        Assert.Equal(_folder.File("model.safetensors"), wrong.File);
        Assert.Equal("shape [2, 3]", wrong.Found);
    }

    [Fact]
    public void Integers_are_no_weights() => Assert.Equal("I64", Assert.Throws<CheckpointException>(() => _weights.Take("step")).Found);

    [Fact]
    public void An_extra_tensor_is_named()
    {
        var layer = _weights.At("layers.0");
        layer.Take("proj.weight", 2, 3);
        Assert.Equal("layers.0.proj.bias", Assert.Throws<CheckpointException>(() => layer.EnsureAllTaken()).Tensor);
        layer.Take("proj.bias", 2);
        layer.EnsureAllTaken();
        Assert.Equal("layers.10.proj.weight", Assert.Throws<CheckpointException>(() => _weights.EnsureAllTaken("step", "norm")).Tensor);
        // A prefix ends at a dot: "layers.1" is not above "layers.10".
        Assert.Throws<CheckpointException>(() => _weights.EnsureAllTaken("step", "norm", "layers.1"));
        _weights.EnsureAllTaken("step", "norm", "layers.10");
    }

    [Fact]
    public void A_recorder_grants_everything_and_writes_it_down()
    {
        var recorder = Weights.Record(out var taken);
        var tensor = recorder.At("a").At(3).Take("weight", 152064, 3584);
        Assert.True(tensor.Bytes.IsEmpty);
        Assert.Equal(new RecordedWeight("a.3.weight", [152064, 3584]), Assert.Single(taken));
        Assert.False(recorder.Has("a.3.weight"));
        recorder.EnsureAllTaken();
    }
}
