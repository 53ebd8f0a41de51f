using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

public sealed class CheckpointIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model.fp16.safetensors")]
    public void One_file_with_or_without_variant_is_found(string name)
    {
        Shard(name, "a");
        using var index = CheckpointIndex.Open(_folder.Path, "model");
        Assert.Equal(["a"], index.Names);
        Assert.Equal(_folder.File(name), index.FileOf("a"));
    }

    [Fact]
    public void The_file_without_variant_wins()
    {
        Shard("model.bf16.safetensors", "a");
        Shard("model.fp16.safetensors", "b");
        Assert.Contains("model.bf16.safetensors, model.fp16.safetensors", Refused().Found, StringComparison.Ordinal);
        Shard("model.safetensors", "c");
        using var index = CheckpointIndex.Open(_folder.Path, "model");
        Assert.Equal(["c"], index.Names);
    }

    [Theory]
    [InlineData("model.safetensors.index.json", "model-1.safetensors")]
    [InlineData("model.safetensors.index.fp16.json", "model.fp16-1.safetensors")]
    [InlineData("model.fp16.safetensors.index.json", "model.fp16-1.safetensors")]
    public void Shards_are_one_name_space(string indexName, string shard)
    {
        Shard(shard, "a", "b");
        Shard("other.safetensors", "c");
        _folder.Write(indexName, $$"""{"metadata":{"total_size":9},"weight_map":{"a":"{{shard}}","b":"{{shard}}","c":"other.safetensors"} }""");
        using var index = CheckpointIndex.Open(_folder.Path, "model");
        Assert.Equal(["a", "b", "c"], index.Names.Order());
        Assert.Equal(1, index.Read("c").Bytes.Length);
    }

    [Theory]
    [InlineData("a", """{"weight_map":{"a":"../s.safetensors"}}""")]
    [InlineData("a", """{"weight_map":{"a":"/etc/s.safetensors"}}""")]
    [InlineData("a", """{"weight_map":{"a":"s.bin"}}""")]
    [InlineData("a", """{"weight_map":{"a":7}}""")]
    [InlineData("b", """{"weight_map":{"a":"s.safetensors"}}""")]
    [InlineData("z", """{"weight_map":{"a":"s.safetensors","b":"s.safetensors","z":"s.safetensors"}}""")]
    [InlineData("b", """{"weight_map":{"a":"s.safetensors","b":"t.safetensors"}}""")]
    [InlineData(null, """{"weight_map":{"a":"s.safetensors","a":"s.safetensors","b":"s.safetensors"}}""")]
    [InlineData(null, """{"weight_map":{"c":"absent.safetensors"}}""")]
    [InlineData(null, """{"weight_map":[]}""")]
    [InlineData(null, """{}""")]
    [InlineData(null, """[""")]
    public void An_index_that_does_not_fit_its_shards_is_refused(string? tensor, string json)
    {
        Shard("s.safetensors", "a", "b");
        Shard("t.safetensors", "b");
        _folder.Write("model.safetensors.index.json", json);
        Assert.Equal(tensor, Refused().Tensor);
    }

    [Fact]
    public void A_folder_without_weights_is_refused()
    {
        Assert.Equal(_folder.Path, Refused().File);
        Assert.Throws<CheckpointException>(() => CheckpointIndex.Open(_folder.File("absent"), "model"));
    }

    private CheckpointException Refused() => Assert.Throws<CheckpointException>(() => CheckpointIndex.Open(_folder.Path, "model"));

    private void Shard(string name, params string[] tensors) => File.WriteAllBytes(
        _folder.File(name), SafetensorsWriter.Encode(tensors.Select(tensor => new HostTensor(tensor, DType.UInt8, [1], new byte[1]))));
}
