using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QwenMesh.Gateway.Artifacts;
using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol.V1;
using QwenMesh.TensorWire;
using QwenMesh.Testing;

namespace QwenMesh.Gateway.Tests.Artifacts;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void All_tensors_together_are_bounded_and_what_is_refused_is_given_back()
    {
        using var store = Store(10_000);
        var first = Keep(store, "a", 6000);
        using (var second = store.Begin("b", Header(6000), 1 << 20))
        {
            var refused = Assert.Throws<GenerationException>(() => Fill(second, 6000));
            Assert.Equal((FaultKind.Overloaded, 429), (refused.Fault.Kind, refused.Fault.HttpStatus));
        }
        Assert.Equal((first.Bytes, 1), (store.Bytes, store.Count));
        first.Dispose();
        first.Dispose();
        Assert.Equal((0, 0), (store.Bytes, store.Count));
    }

    [Fact]
    public async Task The_largest_go_to_the_folder_and_the_same_frames_come_back()
    {
        using var store = Store(10_000, _folder.Path);
        var small = Keep(store, "small", 2000);
        var large = Keep(store, "large", 6000);
        var third = Keep(store, "third", 5000);
        Assert.Equal((false, true, false), (small.IsSpilled, large.IsSpilled, third.IsSpilled));
        Assert.Equal(small.Bytes + third.Bytes, store.Bytes);
        Assert.Single(Directory.GetFiles(_folder.Path));

        var expected = TensorFrames.Split(new OutgoingTensor("latents", DataType.Uint8, [6000], Bytes(6000), 3), 9, 1000);
        Assert.Equal(expected, await FramesAsync(large, 9, "latents", 3));
        large.Dispose();
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Equal(small.Bytes + third.Bytes, store.Bytes);
    }

    [Fact]
    public async Task One_that_is_being_read_stays_in_memory()
    {
        using var store = Store(12_000, _folder.Path);
        var read = Keep(store, "read", 6000);
        var other = Keep(store, "other", 2000);
        await using (var frames = read.ReadAsync(0, "x", 0).GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
            Assert.True(await frames.MoveNextAsync());
            using var more = store.Begin("more", Header(3000), 1 << 20);
            Fill(more, 3000);
            Assert.Equal((false, true), (read.IsSpilled, other.IsSpilled));
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_refuses_as_none_does()
    {
        var file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");
        using var store = Store(10_000, Path.Combine(file, "folder"));
        var first = Keep(store, "a", 6000);
        using (var second = store.Begin("b", Header(6000), 1 << 20))
        {
            Assert.Equal(FaultKind.Overloaded, Assert.Throws<GenerationException>(() => Fill(second, 6000)).Fault.Kind);
        }
        Assert.Equal(first.Bytes, store.Bytes);
    }

    [Fact]
    public void A_generation_that_has_ended_holds_nothing()
    {
        using var store = Store(100_000, _folder.Path);
        Keep(store, "one/latents", 2000);
        Keep(store, "one/preview", 2000);
        var other = Keep(store, "two/latents", 2000);
        store.Release("one");
        Assert.Same(other, store.Find("two/latents"));
        Assert.Equal((other.Bytes, 1), (store.Bytes, store.Count));
    }

    [Fact]
    public void Chunks_out_of_order_or_beyond_what_is_relayed_are_refused()
    {
        using var store = Store(100_000);
        using var writer = store.Begin("a", Header(6000), mostBytes: 3000);
        Assert.Throws<InvalidDataException>(() => writer.Append(new TensorChunk { Offset = 1000, Data = Google.Protobuf.ByteString.CopyFrom(1) }));
        Assert.Throws<InvalidDataException>(() => writer.Append(new TensorChunk()));
        Assert.Throws<InvalidDataException>(writer.Keep);
        Assert.Throws<InvalidDataException>(() => Fill(writer, 6000));
    }

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }

    private ArtifactStore Store(long bytes, string folder = "") => new(
        Options.Create(new GatewayOptions { ArtifactBytes = bytes, ArtifactFolder = folder }), _services.GetRequiredService<IMeterFactory>(),
        NullLogger<ArtifactStore>.Instance);

    private static Artifact Keep(ArtifactStore store, string key, int length)
    {
        using var writer = store.Begin(key, Header(length), 1 << 20);
        Fill(writer, length);
        return writer.Keep();
    }

    private static void Fill(ArtifactWriter writer, int length)
    {
        foreach (var frame in TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [length], Bytes(length)), 0, 1000).Skip(1))
        {
            writer.Append(frame.Chunk);
        }
    }

    private static TensorHeader Header(int length) => TensorFrames.Split(new OutgoingTensor("x", DataType.Uint8, [length], Bytes(length)), 0, 1000).First().Header;

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private static async Task<List<TensorFrame>> FramesAsync(Artifact artifact, uint id, string name, int index)
    {
        var frames = new List<TensorFrame>();
        await foreach (var frame in artifact.ReadAsync(id, name, index))
        {
            frames.Add(frame);
        }
        return frames;
    }
}
