using System.Buffers;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// Byte-pair encoding of one piece: joins the adjacent pair of lowest rank, the leftmost of equals, until no pair has a rank. A heap over a
/// linked list keeps that at n·log n, so that a long piece without spaces costs no more per byte than a short one.
/// </summary>
internal sealed class BytePairMerges
{
    private readonly int[] _byteIds = new int[256];
    private readonly Dictionary<long, Merge> _merges;

    /// <exception cref="InvalidDataException">A byte, or a symbol that a merge needs, is not in the vocabulary.</exception>
    public BytePairMerges(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        for (var value = 0; value < 256; value++)
        {
            _byteIds[value] = IdOf(vocabulary, ByteAlphabet.Of((byte)value).ToString(), $"the symbol of byte {value}");
        }
        _merges = new(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            var what = $"merge {rank} ('{left} {right}')";
            var pair = Pair(IdOf(vocabulary, left, what), IdOf(vocabulary, right, what));
            // A repeated pair keeps its first, lower rank.
            _merges.TryAdd(pair, new Merge(rank, IdOf(vocabulary, left + right, what)));
        }
    }

    /// <summary>Appends the token ids of a piece, given as UTF-8.</summary>
    public void Encode(ReadOnlySpan<byte> utf8, List<int> into)
    {
        var symbols = ArrayPool<Symbol>.Shared.Rent(utf8.Length);
        try
        {
            for (var i = 0; i < utf8.Length; i++)
            {
                symbols[i] = new Symbol(_byteIds[utf8[i]], i - 1, i + 1 < utf8.Length ? i + 1 : -1);
            }
            Join(symbols.AsSpan(0, utf8.Length));
            for (var i = 0; i >= 0 && i < utf8.Length; i = symbols[i].Next)
            {
                into.Add(symbols[i].Id);
            }
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(symbols);
        }
    }

    private void Join(Span<Symbol> symbols)
    {
        var candidates = new PriorityQueue<Candidate, long>();
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            Consider(symbols, i, candidates);
        }
        while (candidates.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.Left];
            // Either side may have been joined with something else since.
            if (left.Id != candidate.LeftId || left.Next < 0 || symbols[left.Next].Id != candidate.RightId)
            {
                continue;
            }
            ref var right = ref symbols[left.Next];
            left.Id = candidate.JoinedId;
            left.Next = right.Next;
            right.Id = -1;
            if (left.Next >= 0)
            {
                symbols[left.Next].Previous = candidate.Left;
                Consider(symbols, candidate.Left, candidates);
            }
            if (left.Previous >= 0)
            {
                Consider(symbols, left.Previous, candidates);
            }
        }
    }

    private void Consider(Span<Symbol> symbols, int left, PriorityQueue<Candidate, long> candidates)
    {
        var leftId = symbols[left].Id;
        var rightId = symbols[symbols[left].Next].Id;
        if (_merges.TryGetValue(Pair(leftId, rightId), out var merge))
        {
            candidates.Enqueue(new Candidate(left, leftId, rightId, merge.JoinedId), ((long)merge.Rank << 32) | (uint)left);
        }
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    private static int IdOf(Dictionary<string, int> vocabulary, string symbol, string what) => vocabulary.TryGetValue(symbol, out var id)
        ? id
        : throw new InvalidDataException($"{what} needs '{symbol}', which the vocabulary lacks");

    private readonly record struct Merge(int Rank, int JoinedId);

    private readonly record struct Candidate(int Left, int LeftId, int RightId, int JoinedId);

    /// <summary>A node of the piece's list; -1 ends it, and marks a symbol that was joined with its left neighbour.</summary>
    private record struct Symbol(int Id, int Previous, int Next);
}
