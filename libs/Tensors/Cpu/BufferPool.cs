using System.Numerics;

namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// Native memory by size class, four classes to each power of two, so that at most a fifth of a block is unused. Returned blocks
/// are kept up to a cap, because fresh pages cost as much as the operation that fills them.
/// </summary>
internal sealed class BufferPool(long keptBytesCap) : IDisposable
{
    private const int SmallestBytes = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Stack<NativeBlock>> _kept = [];
    private long _keptBytes;
    private long _rentedBytes;
    private long _peakBytes;
    private bool _closed;

    /// <summary>Bytes of the blocks that are handed out.</summary>
    public EngineMemory Memory
    {
        get
        {
            lock (_lock)
            {
                return new EngineMemory(_rentedBytes, _peakBytes, Limit: null);
            }
        }
    }

    /// <summary>Bytes kept for reuse.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_lock)
            {
                return _keptBytes;
            }
        }
    }

    /// <summary>Blocks handed out and not returned.</summary>
    public int Rented => Volatile.Read(ref _rented);

    private int _rented;

    public NativeBlock Rent(long bytes)
    {
        var size = SizeClass(bytes);
        Interlocked.Increment(ref _rented);
        lock (_lock)
        {
            _rentedBytes += size;
            _peakBytes = Math.Max(_peakBytes, _rentedBytes);
            if (_kept.TryGetValue(size, out var stack) && stack.TryPop(out var block))
            {
                _keptBytes -= size;
                return block;
            }
        }
        return new NativeBlock(size);
    }

    public void Return(NativeBlock block)
    {
        Interlocked.Decrement(ref _rented);
        lock (_lock)
        {
            _rentedBytes -= block.Bytes;
            if (!_closed && _keptBytes + block.Bytes <= keptBytesCap)
            {
                if (!_kept.TryGetValue(block.Bytes, out var stack))
                {
                    _kept[block.Bytes] = stack = [];
                }
                stack.Push(block);
                _keptBytes += block.Bytes;
                return;
            }
        }
        block.Free();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var block in _kept.Values.SelectMany(stack => stack))
            {
                block.Free();
            }
            _kept.Clear();
            _keptBytes = 0;
        }
    }

    internal static long SizeClass(long bytes)
    {
        if (bytes <= SmallestBytes)
        {
            return SmallestBytes;
        }
        var step = 1L << (BitOperations.Log2((ulong)(bytes - 1)) - 2);
        return (bytes + step - 1) / step * step;
    }
}
