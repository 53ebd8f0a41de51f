using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Wire;

namespace QwenMesh.Grpc.Tests.Server;

public sealed class WireTests
{
    [Theory]
    [InlineData("1n", 1)]
    [InlineData("99999999n", 1_000_000)]
    [InlineData("5u", 50)]
    [InlineData("1m", 10_000)]
    [InlineData("2S", 20_000_000)]
    [InlineData("1M", 600_000_000)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    public void Timeouts_are_read_in_every_unit(string header, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(header, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(-1, "1n")]
    [InlineData(1, "1u")]
    [InlineData(15_000_000, "1500000u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(999_999_991, "100000m")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Timeouts_are_written_in_eight_digits_and_never_shorter(long ticks, string header) =>
        Assert.Equal(header, GrpcTimeout.Format(new TimeSpan(ticks)));

    [Theory]
    [InlineData("plain text ~!", "plain text ~!")]
    [InlineData("100%", "100%25")]
    [InlineData("\t\n", "%09%0A")]
    [InlineData("ñ € 𝄞", "%C3%B1 %E2%82%AC %F0%9D%84%9E")]
    public void Details_survive_percent_encoding(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("50%", "50%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%ff", "\uFFFD")]
    [InlineData("%41é", "Aé")]
    public void A_detail_that_is_badly_encoded_is_read_as_far_as_it_goes(string encoded, string text) =>
        Assert.Equal(text, PercentEncoding.Decode(encoded));

    [Fact]
    public void A_lone_surrogate_is_replaced() => Assert.Equal("a%EF%BF%BDb", PercentEncoding.Encode("a\ud800b"));

    [Fact]
    public void A_large_field_goes_from_the_message_into_the_output_without_a_stop()
    {
        var message = new ProbeMessage { Data = UnsafeByteOperations.UnsafeWrap(new byte[8 << 20]) };
        var output = new ArrayBufferWriter<byte>(9 << 20);
        var writer = new MessageWriter(output, null);
        void Write() => writer.Write(message, static (value, context) =>
        {
            context.SetPayloadLength(value.CalculateSize());
            value.WriteTo(context.GetBufferWriter());
            context.Complete();
        });
        Write();
        var expected = output.WrittenSpan.ToArray();
        output.ResetWrittenCount();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Write();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.Equal(Frames.Message(message), expected);
        Assert.True(output.WrittenSpan.SequenceEqual(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sp ace")]
    [InlineData("ü")]
    [InlineData("a:b")]
    public void Keys_of_metadata_are_checked(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void Entries_are_text_or_binary_by_their_key()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("a-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("a", new byte[1]));
        var binary = new Metadata.Entry("A-Bin", [1]);
        Assert.Equal("a-bin", binary.Key);
        Assert.True(binary.IsBinary);
        Assert.Throws<InvalidOperationException>(() => binary.Value);
        Assert.Equal("hi"u8.ToArray(), new Metadata.Entry("a", "hi").ValueBytes);
    }

    [Fact]
    public void Metadata_finds_the_last_of_a_key_and_the_empty_one_cannot_be_changed()
    {
        var metadata = new Metadata { { "a", "1" }, { "A", "2" }, { "b-bin", [3] } };

        Assert.Equal("2", metadata.GetValue("a"));
        Assert.Equal(["1", "2"], metadata.GetAll("A").Select(entry => entry.Value));
        Assert.Equal([3], metadata.GetValueBytes("b-bin"));
        Assert.Null(metadata.Get("c"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }
}
