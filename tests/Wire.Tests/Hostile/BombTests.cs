using Google.Protobuf;
using Grpc.Core;
using QwenMesh.Protocol.V1;
using QwenMesh.Wire.Tests.Hosting;
using QwenMesh.Wire.Tests.Raw;

namespace QwenMesh.Wire.Tests.Hostile;

/// <summary>Calls that are small and claim, or unpack to, much: memory follows what arrives, never what is claimed.</summary>
public sealed class BombTests(MeshHost mesh)
{
    private const int Mebibyte = 1 << 20;
    private const int MostAttempts = 5;

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task Compressed_zeros_are_not_unpacked_past_the_limit(string name)
    {
        var bomb = MessageFrames.Frame(1, MessageFrames.GzipOfZeros(256 * Mebibyte));
        Assert.InRange(bomb.Length, 0, Mebibyte);
        await RefusedAsync(name, bomb, times: 4, allocated: 64 * Mebibyte, ("grpc-encoding", "gzip"));
    }

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task A_message_over_the_limit_is_not_waited_for(string name)
    {
        await RefusedAsync(name, MessageFrames.Header(0, uint.MaxValue), times: 20, allocated: 16 * Mebibyte);
        await RefusedAsync(name, MessageFrames.Header(0, (4 * Mebibyte) + 1), times: 20, allocated: 16 * Mebibyte);
        await RefusedAsync(name, MessageFrames.Frame(0, new byte[(4 * Mebibyte) + 1]), times: 4, allocated: 16 * Mebibyte);
    }

    /// <summary>Shapes whose product overflows, fits the stage's limit of 256 MiB, or fits no memory.</summary>
    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task Memory_for_a_tensor_is_not_taken_on_its_word(string name)
    {
        var target = Target.Of(mesh, name);
        foreach (long[] shape in (long[][])[[1L << 20, 128], [12, 1L << 11, 1L << 11], [1L << 40, 1L << 40, 1L << 40], [long.MaxValue], [12, 1L << 31, 1]])
        {
            var header = new TensorHeader { Name = target.Frames is [{ Header: { } first }, ..] ? first.Name : "image", Dtype = DataType.Float32 };
            header.Shape.AddRange(shape);
            header.ByteLength = shape.Aggregate(4UL, (product, axis) => unchecked(product * (ulong)axis));
            var body = MessageFrames.Of([target.Parameters, target.Wrap(new TensorFrame { Header = header })]);
            await RefusedAsync(name, body, times: 20, allocated: 16 * Mebibyte);
        }
    }

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task A_shape_of_a_million_axes_and_a_thousand_tensors_are_refused(string name)
    {
        var target = Target.Of(mesh, name);
        var header = new TensorHeader { Name = "latents", Dtype = DataType.Uint8, ByteLength = 1 };
        header.Shape.AddRange(Enumerable.Repeat(1L, Mebibyte));
        await RefusedAsync(name, MessageFrames.Of([target.Parameters, target.Wrap(new TensorFrame { Header = header })]), times: 2, allocated: 128 * Mebibyte);

        var tensors = Enumerable.Range(0, 1000).Select(index => new TensorHeader { Name = $"t{index}", Dtype = DataType.Uint8, ByteLength = 1, Shape = { 1 } });
        var body = MessageFrames.Of([target.Parameters, .. tensors.Select(tensor => target.Wrap(new TensorFrame { Header = tensor }))]);
        await RefusedAsync(name, body, times: 4, allocated: 16 * Mebibyte);
    }

    /// <summary>Said back in full, it would be more than a proxy accepts in headers, and the stage would seem broken.</summary>
    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task A_name_of_a_hundred_thousand_characters_is_refused_in_few_words(string name)
    {
        var target = Target.Of(mesh, name);
        var header = new TensorHeader { Name = new string('x', 100_000), Dtype = DataType.Uint8, ByteLength = 1, Shape = { 1 } };
        var body = MessageFrames.Of([target.Parameters, target.Wrap(new TensorFrame { Header = header })]);
        using var calls = new RawCalls(target.Address);
        for (var i = 0; i < 4; i++)
        {
            var reply = await calls.SendAsync(target.Path, body);
            Assert.Equal((200, (int)StatusCode.InvalidArgument), (reply.Http, reply.Status));
            Assert.InRange(reply.Detail.Length, 1, 1000);
        }
        await target.StillServesAsync(mesh);
    }

    /// <summary>Groups within groups, and fields within fields, a hundred thousand deep: a parser that recurses would end the process.</summary>
    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task Deep_nesting_is_refused(string name)
    {
        byte[] groups = [.. Enumerable.Repeat((byte)0x7b, 100_000), .. Enumerable.Repeat((byte)0x7c, 100_000)];
        await RefusedAsync(name, MessageFrames.Frame(0, groups), times: 4, allocated: 16 * Mebibyte);
        var field = ByteString.Empty;
        for (var depth = 0; depth < 1000; depth++)
        {
            using var nested = new MemoryStream();
            using (var output = new CodedOutputStream(nested, leaveOpen: true))
            {
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(field);
            }
            field = ByteString.CopyFrom(nested.ToArray());
        }
        await RefusedAsync(name, MessageFrames.Frame(0, field.ToByteArray()), times: 4, allocated: 16 * Mebibyte);
    }

    [Theory]
    [MemberData(nameof(Target.Names), MemberType = typeof(Target))]
    public async Task A_flood_of_empty_messages_is_refused_at_the_first(string name)
    {
        var target = Target.Of(mesh, name);
        var flood = Enumerable.Repeat(MessageFrames.Frame(0, []), 200_000).SelectMany(frame => frame);
        await RefusedAsync(name, [.. MessageFrames.Of([target.Parameters]), .. flood], times: 4, allocated: 16 * Mebibyte);
    }

    // What is allocated in between includes the test's own client and the Gateway's health checks, of which there are more on a busy machine: what a call
    // allocates, it allocates every time.
    private async Task RefusedAsync(string name, byte[] body, int times, long allocated, params (string Name, string Value)[] headers)
    {
        var target = Target.Of(mesh, name);
        using var calls = new RawCalls(target.Address);
        Assert.True((await calls.SendAsync(target.Path, body, headers)).IsError);
        var least = long.MaxValue;
        for (var attempt = 0; attempt < MostAttempts && least > allocated; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes();
            foreach (var reply in await Task.WhenAll(Enumerable.Range(0, times).Select(_ => calls.SendAsync(target.Path, body, headers))))
            {
                Assert.True(reply.IsError, reply.ToString());
            }
            least = Math.Min(least, GC.GetTotalAllocatedBytes() - before);
        }
        Assert.InRange(least, 0, allocated);
        await target.StillServesAsync(mesh);
    }
}
