using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using QwenMesh.Checkpoints;

namespace QwenMesh.Encoder.Tokenization;

/// <summary>
/// Qwen2's byte-level BPE: added tokens, then Unicode NFC, then pieces, then merges (docs/model.md 2.1). Text that spells an added token is that
/// token, in a user's prompt too, as in the reference. Thread-safe.
/// </summary>
internal sealed class QwenTokenizer
{
    private readonly SpecialTokens _added;
    private readonly BytePairMerges _merges;
    private readonly PieceCache _cache = new();

    private QwenTokenizer(TokenizerFiles files)
    {
        _added = new SpecialTokens(files.AddedTokens);
        _merges = new BytePairMerges(files.Vocabulary, files.Merges);
        MaxId = files.MaxId;
    }

    /// <summary>Largest id that encoding can yield.</summary>
    public int MaxId { get; }

    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    public static QwenTokenizer Open(string folder)
    {
        try
        {
            return new QwenTokenizer(TokenizerFiles.Read(folder));
        }
        catch (InvalidDataException inconsistent)
        {
            throw new CheckpointException(folder, null, "a vocabulary that covers its merges", inconsistent.Message, inconsistent);
        }
    }

    public List<int> Encode(string text)
    {
        var ids = new List<int>();
        var position = 0;
        while (position < text.Length)
        {
            var token = _added.Find(text, position, out var length, out var id);
            EncodeSpan(text[position..(token < 0 ? text.Length : token)], ids);
            if (token < 0)
            {
                break;
            }
            ids.Add(id);
            position = token + length;
        }
        return ids;
    }

    /// <summary>Text between added tokens.</summary>
    private void EncodeSpan(string span, List<int> ids)
    {
        ReadOnlySpan<char> rest = CanonicalComposition.Compose(span);
        while (!rest.IsEmpty)
        {
            var length = PreTokenizer.NextPiece(rest);
            EncodePiece(rest[..length], ids);
            rest = rest[length..];
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_cache.TryGet(piece, out var known))
        {
            ids.AddRange(known);
            return;
        }
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        try
        {
            var start = ids.Count;
            _merges.Encode(utf8.AsSpan(0, Encoding.UTF8.GetBytes(piece, utf8)), ids);
            _cache.Add(piece, CollectionsMarshal.AsSpan(ids)[start..]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }
}
