using QwenMesh.Protocol;
using QwenMesh.Protocol.V1;

namespace QwenMesh.TensorWire.Tests;

public sealed class EchoTests
{
    [Fact]
    public void A_name_is_cut_to_64_characters()
    {
        Assert.Equal(new string('x', 64), Echo.Name(new string('x', 64)));
        Assert.Equal(new string('x', 61) + "...", Echo.Name(new string('x', 100_000)));
    }

    [Fact]
    public void No_character_is_cut_in_two() => Assert.Equal(new string('x', 60) + "...", Echo.Name(new string('x', 60) + "\U0001F600 and more than five"));

    [Fact]
    public void A_shape_of_too_many_axes_is_counted()
    {
        Assert.Equal("[1, 2]", TensorFrames.DescribeShape(new TensorHeader { Shape = { 1, 2 } }));
        Assert.Equal("of 9 axes", TensorFrames.DescribeShape(new TensorHeader { Shape = { Enumerable.Repeat(1L, 9) } }));
    }

    [Fact]
    public void Messages_about_a_long_name_are_short()
    {
        var name = new string('x', 128);
        var header = new TensorHeader { Name = name, Dtype = DataType.Uint8, Shape = { 4 }, ByteLength = 4 };
        using var assembler = new TensorAssembler(new TensorLimits(MaxNameLength: 128));
        assembler.Accept(new TensorFrame { Header = header });
        var again = new TensorFrame { TensorId = 1, Header = header };
        Assert.DoesNotContain(name, Assert.Throws<WireFormatException>(() => assembler.Accept(again)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(name, Assert.Throws<WireFormatException>(assembler.Complete).Message, StringComparison.Ordinal);
    }
}
