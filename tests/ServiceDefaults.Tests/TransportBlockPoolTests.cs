namespace QwenMesh.ServiceDefaults.Tests;

public sealed class TransportBlockPoolTests
{
    [Fact]
    public void Blocks_are_large_and_used_again()
    {
        using var pool = new TransportBlockPool.Factory().Create();
        var first = pool.Rent(4096);
        Assert.Equal(TransportBlockPool.BlockSize, first.Memory.Length);
        Assert.Equal(TransportBlockPool.BlockSize, pool.MaxBufferSize);
        first.Memory.Span[0] = 42;
        first.Dispose();

        using var second = pool.Rent();

        Assert.Equal(42, second.Memory.Span[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(TransportBlockPool.BlockSize + 1));
    }

    [Fact]
    public void Block_that_is_returned_twice_is_lent_once()
    {
        using var pool = new TransportBlockPool();
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();

        using var one = pool.Rent();
        using var other = pool.Rent();

        Assert.NotSame(one, other);
    }

    [Fact]
    public void Concurrent_renters_never_share_a_block()
    {
        using var pool = new TransportBlockPool();

        Parallel.For(0, 20_000, i =>
        {
            using var block = pool.Rent();
            var mine = block.Memory.Span[..sizeof(int)];
            BitConverter.TryWriteBytes(mine, i);
            Thread.SpinWait(20);
            Assert.Equal(i, BitConverter.ToInt32(mine));
        });
    }
}
