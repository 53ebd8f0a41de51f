using static QwenMesh.Gateway.Dialects.Bodies.BodyBudget;

namespace QwenMesh.Gateway.Dialects.Bodies;

/// <summary>Bytes of a stream in one piece of memory that doubles as they arrive, and that is charged before it does.</summary>
internal sealed class GrowingBuffer(BodyCharge charge)
{
    private const int First = 4 << 10;

    private byte[] _bytes = [];
    private int _length;

    public Memory<byte> Written => _bytes.AsMemory(0, _length);

    /// <param name="source">Ends at its own limit.</param>
    /// <param name="most">Bytes that the source has at most; the memory never becomes larger.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task ReadToEndAsync(Stream source, int most, CancellationToken cancellationToken)
    {
        int read;
        do
        {
            if (_length == _bytes.Length)
            {
                Grow(most);
            }
            read = await source.ReadAsync(_bytes.AsMemory(_length), cancellationToken);
            _length += read;
        }
        while (read > 0);
    }

    // One byte more than the most, so that a body of exactly that length is seen to end.
    private void Grow(int most)
    {
        var before = _bytes.Length;
        var size = (int)Math.Min(Math.Max(2L * before, First), Math.Max(most + 1L, before + 1L));
        charge.Add(size);
        Array.Resize(ref _bytes, size);
        charge.Return(before);
    }
}
