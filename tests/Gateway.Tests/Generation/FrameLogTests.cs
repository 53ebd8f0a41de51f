using QwenMesh.Gateway.Generation;
using QwenMesh.Protocol.V1;

namespace QwenMesh.Gateway.Tests.Generation;

public sealed class FrameLogTests
{
    [Fact]
    public async Task Readers_get_every_frame_from_the_start_whenever_they_begin()
    {
        var log = new FrameLog(1 << 20);
        var early = NamesAsync(log);
        for (var i = 0; i < 100; i++)
        {
            log.Append(Frame(i));
            if (i % 7 == 0)
            {
                await Task.Yield();
            }
        }
        log.Complete();
        var expected = Enumerable.Range(0, 100).Select(i => $"t{i}");
        Assert.Equal(expected, await early);
        Assert.Equal(expected, await NamesAsync(log));
    }

    [Fact]
    public async Task A_failure_comes_after_the_frames_before_it()
    {
        var log = new FrameLog(1 << 20);
        log.Append(Frame(0));
        log.Fail(new InvalidOperationException("lost"));
        await log.FirstFrameAsync(TestContext.Current.CancellationToken);
        await using var frames = log.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await frames.MoveNextAsync());
        Assert.Equal("lost", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await frames.MoveNextAsync())).Message);
    }

    [Fact]
    public async Task A_reader_that_waits_can_be_cancelled()
    {
        var log = new FrameLog(1 << 20);
        using var cancel = new CancellationTokenSource();
        var waiting = log.FirstFrameAsync(cancel.Token);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void More_bytes_than_allowed_are_refused()
    {
        var log = new FrameLog(100);
        log.Append(Frame(0));
        var chunk = new TensorFrame { Chunk = new TensorChunk { Data = Google.Protobuf.ByteString.CopyFrom(new byte[100]) } };
        Assert.Throws<InvalidDataException>(() => log.Append(chunk));
    }

    private static TensorFrame Frame(int number) => new() { Header = new TensorHeader { Name = $"t{number}" } };

    private static async Task<List<string>> NamesAsync(FrameLog log)
    {
        var names = new List<string>();
        await foreach (var frame in log.ReadAsync(TestContext.Current.CancellationToken))
        {
            names.Add(frame.Header.Name);
        }
        return names;
    }
}
