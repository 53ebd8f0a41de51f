using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace QwenMesh.ServiceDefaults;

/// <summary>
/// Memory for Kestrel's connections in blocks of 64 KiB instead of 4 KiB: a receive call takes as much as one block holds, and at 4 KiB the calls cost more
/// than the bytes. Free blocks are kept up to a bound; a connection without traffic holds none or one.
/// </summary>
internal sealed class TransportBlockPool : MemoryPool<byte>
{
    public const int BlockSize = 64 << 10;

    private const int MaxFreeBlocks = 128;

    private readonly ConcurrentQueue<Block> _free = new();
    private int _freeCount;

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_free.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref _freeCount);
            block.Lend();
            return block;
        }

        return new Block(this);
    }

    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _freeCount) <= MaxFreeBlocks)
        {
            _free.Enqueue(block);
        }
        else
        {
            Interlocked.Decrement(ref _freeCount);
        }
    }

    /// <summary>Gives Kestrel a pool.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new TransportBlockPool();
    }

    private sealed class Block(TransportBlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned for its whole life: the socket writes into it.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);
        private bool _lent = true;

        public Memory<byte> Memory => _bytes;

        public void Lend() => Volatile.Write(ref _lent, true);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _lent, false))
            {
                pool.Return(this);
            }
        }
    }
}
