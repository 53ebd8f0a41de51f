using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>Token ids of short pieces already encoded: words recur. Bounded: when it is full it is emptied.</summary>
internal sealed class PieceCache
{
    /// <summary>Longer pieces are rare, and a hostile prompt could fill the cache with them.</summary>
    public const int MaxPieceLength = 24;

    private const int MaxPieces = 16_384;

    private readonly ConcurrentDictionary<string, int[]> _pieces = new(StringComparer.Ordinal);
    private int _count;

    public bool TryGet(ReadOnlySpan<char> piece, [NotNullWhen(true)] out int[]? ids)
    {
        ids = null;
        return piece.Length <= MaxPieceLength && _pieces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out ids);
    }

    public void Add(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (piece.Length > MaxPieceLength || !_pieces.TryAdd(piece.ToString(), ids.ToArray()))
        {
            return;
        }
        if (Interlocked.Increment(ref _count) >= MaxPieces)
        {
            _pieces.Clear();
            Interlocked.Exchange(ref _count, 0);
        }
    }
}
