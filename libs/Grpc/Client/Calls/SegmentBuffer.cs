using System.Buffers;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// Holds one serialized message in pooled segments until it is written. Segments grow from a few KiB, so that small calls stay small, up to a size that
/// stays in a core's cache between serializing and sending. Nothing is moved once written.
/// </summary>
internal sealed class SegmentBuffer : IBufferWriter<byte>
{
    private const int FirstSegment = 4 * 1024;
    private const int LargestSegment = 256 * 1024;

    private readonly List<ArraySegment<byte>> _sealed = [];
    private byte[] _current = [];
    private int _used;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _current.Length - _used);
        _used += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _current.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _current.AsSpan(_used);
    }

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var segment in _sealed)
        {
            await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(_current.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets what was written and gives its memory back. The buffer can be used again.</summary>
    public void Clear()
    {
        foreach (var segment in _sealed)
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }

        _sealed.Clear();
        if (_current.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_current);
        }

        _current = [];
        _used = 0;
    }

    private void Reserve(int sizeHint)
    {
        if (_current.Length - _used >= Math.Max(sizeHint, 1))
        {
            return;
        }

        var next = _current.Length == 0 ? FirstSegment : Math.Min(_current.Length * 8, LargestSegment);
        if (_current.Length > 0)
        {
            _sealed.Add(new ArraySegment<byte>(_current, 0, _used));
        }

        _current = ArrayPool<byte>.Shared.Rent(Math.Max(next, sizeHint));
        _used = 0;
    }
}
