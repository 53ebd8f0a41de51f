using System.Text;

namespace QwenMesh.TensorWire.Tests;

public sealed class Crc32CTests
{
    /// <summary>Check values of RFC 3720 B.4 and of the catalogue of CRC algorithms.</summary>
    [Theory]
    [InlineData("123456789", 0xE3069283)]
    [InlineData("", 0x00000000)]
    public void Agrees_with_published_values(string text, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Agrees_with_the_vectors_of_rfc_3720()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
    }

    /// <summary>The three-lane path equals the sequential definition at every length around its block size.</summary>
    [Fact]
    public void Lanes_equal_the_sequential_definition()
    {
        var random = new Random(5);
        foreach (var length in new[] { 1, 7, 8, 9, 4095, 4096, 12287, 12288, 12289, 24576, 24583, 100_003, 1 << 20 })
        {
            var data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(~Crc32C.Sequential(uint.MaxValue, data), Crc32C.Compute(data));
        }
    }
}
