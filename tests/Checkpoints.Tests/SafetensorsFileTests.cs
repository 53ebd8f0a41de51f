using System.Buffers.Binary;
using System.Text;
using QwenMesh.Tensors;
using QwenMesh.Testing;

namespace QwenMesh.Checkpoints.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_what_was_written()
    {
        byte[] bytes = [1, 2, 3, 4, 5, 6];
        var path = Write(SafetensorsWriter.Encode([
            new HostTensor("a", DType.UInt8, [3], new byte[] { 9, 8, 7 }),
            new HostTensor("b.c", DType.BFloat16, [3, 1], bytes),
            new HostTensor("scalar", DType.Int64, [], new byte[8]),
            new HostTensor("none", DType.Float32, [0, 4], ReadOnlyMemory<byte>.Empty),
        ]));

        using var file = SafetensorsFile.Open(path);

        var b = file.Read("b.c");
        Assert.Equal(DType.BFloat16, b.DType);
        Assert.Equal(new Shape(3, 1), b.Shape);
        // Three bytes before it: an odd address, which the format allows.
        Assert.Equal(bytes, b.Bytes.ToArray());
        Assert.Equal(0, file.Read("scalar").Shape.Rank);
        Assert.Equal(8, file.Read("scalar").Bytes.Length);
        Assert.True(file.Read("none").Bytes.IsEmpty);
        Assert.Null(file.Find("d"));
    }

    [Fact]
    public void Metadata_and_padding_of_the_header_are_accepted()
    {
        var path = WriteHeader("""{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}     """, 2);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal("a", Assert.Single(file.Entries).Name);
    }

    [Fact]
    public void An_element_type_that_no_engine_computes_with_is_refused_when_it_is_read()
    {
        var path = WriteHeader("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2);
        using var file = SafetensorsFile.Open(path);
        var refused = Assert.Throws<CheckpointException>(() => file.Read("a"));
        Assert.Equal("F8_E4M3", refused.Found);
    }

    [Fact]
    public void Bytes_cannot_be_touched_after_the_file_is_closed()
    {
        var path = Write(SafetensorsWriter.Encode([new HostTensor("a", DType.UInt8, [3], new byte[] { 9, 8, 7 })]));
        var file = SafetensorsFile.Open(path);
        var bytes = file.Read("a").Bytes;
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => bytes.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => file.Read("a").Bytes.ToArray());
    }

    [Theory]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2147483648,0],"data_offsets":[0,0]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[1]}}""")]
    [InlineData("a", """{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("a", """{"a":[1]}""")]
    [InlineData("b", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("b", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}}""")]
    [InlineData(null, """{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData(null, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""")]
    [InlineData(null, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}""")]
    [InlineData(null, """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData(null, """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""")]
    [InlineData(null, """ {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData(null, "[]")]
    [InlineData(null, "{}")]
    [InlineData(null, "")]
    public void A_malformed_header_is_refused_and_names_the_tensor(string? tensor, string header)
    {
        var path = WriteHeader(header, 8);
        var refused = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.Equal(path, refused.File);
        Assert.Equal(tensor, refused.Tensor);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void A_header_length_outside_of_the_file_is_refused(long length)
    {
        var file = SafetensorsWriter.Encode("{}    "u8, []);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(Write(file)));
    }

    [Fact]
    public void A_file_that_is_missing_empty_or_cut_is_refused()
    {
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder.File("missing.safetensors")));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder.Path));
        var whole = SafetensorsWriter.Encode([new HostTensor("a", DType.UInt8, [3], new byte[] { 9, 8, 7 })]);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(Write(whole[..length])));
        }
    }

    private string WriteHeader(string header, int bufferLength) =>
        Write(SafetensorsWriter.Encode(Encoding.UTF8.GetBytes(header), new byte[bufferLength]));

    private string Write(byte[] bytes)
    {
        var path = _folder.File("model.safetensors");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
