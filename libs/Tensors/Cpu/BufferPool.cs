using System.Globalization;
using System.Numerics;

namespace QwenMesh.Tensors.Cpu;

/// <summary>
/// Native memory by size class, four classes to each power of two, so that at most a fifth of a block is unused. Returned blocks
/// are kept up to a cap, because fresh pages cost as much as the operation that fills them, until <see cref="ReleaseUnused"/> finds
/// that nothing wants them.
/// </summary>
internal sealed class BufferPool(long keptBytesCap) : IDisposable
{
    private const int SmallestBytes = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, KeptBlocks> _kept = [];
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

    /// <exception cref="OutOfDeviceMemoryException">The system has no such memory.</exception>
    public NativeBlock Rent(long bytes)
    {
        var size = SizeClass(bytes);
        lock (_lock)
        {
            if (_kept.TryGetValue(size, out var blocks) && blocks.Pop() is { } block)
            {
                _keptBytes -= size;
                Count(size);
                return block;
            }
        }
        var fresh = Allocate(size);
        lock (_lock)
        {
            Count(size);
        }
        return fresh;
    }

    private static NativeBlock Allocate(long size)
    {
        try
        {
            return new NativeBlock(size);
        }
        catch (OutOfMemoryException full)
        {
            throw new OutOfDeviceMemoryException("cpu", string.Create(CultureInfo.InvariantCulture, $"{size} bytes were asked for"), full);
        }
    }

    private void Count(long size)
    {
        _rented++;
        _rentedBytes += size;
        _peakBytes = Math.Max(_peakBytes, _rentedBytes);
    }

    public void Return(NativeBlock block)
    {
        lock (_lock)
        {
            _rented--;
            _rentedBytes -= block.Bytes;
            if (!_closed && _keptBytes + block.Bytes <= keptBytesCap)
            {
                if (!_kept.TryGetValue(block.Bytes, out var blocks))
                {
                    _kept[block.Bytes] = blocks = new KeptBlocks();
                }
                blocks.Push(block);
                _keptBytes += block.Bytes;
                return;
            }
        }
        block.Free();
    }

    /// <summary>Frees the blocks that have been kept and not used since the call before.</summary>
    public void ReleaseUnused() => Free(static (blocks, unused) => blocks.TakeUnused(unused), close: false);

    public void Dispose() => Free(static (blocks, all) => blocks.TakeAll(all), close: true);

    private void Free(Action<KeptBlocks, List<NativeBlock>> take, bool close)
    {
        var taken = new List<NativeBlock>();
        lock (_lock)
        {
            _closed |= close;
            foreach (var blocks in _kept.Values)
            {
                take(blocks, taken);
            }
            _keptBytes -= taken.Sum(block => block.Bytes);
        }
        // Outside of the lock: the system takes its time for large ones.
        taken.ForEach(block => block.Free());
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
