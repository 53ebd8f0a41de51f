using QwenMesh.Encoder.Pictures;
using QwenMesh.Encoder.Prompting;

namespace QwenMesh.Encoder;

/// <summary>Everything that decides the embeddings of a loaded model.</summary>
/// <param name="Template">Conversation around the prompt.</param>
/// <param name="Prompt">As it was given.</param>
/// <param name="MaxSequenceLength">Rows at most; 0 where the template cuts nothing.</param>
/// <param name="Pictures">Hashes of the pictures, sizes included, in their order.</param>
internal sealed record EncodeKey(PromptTemplate Template, string Prompt, int MaxSequenceLength, string Pictures)
{
    public EncodeKey(PromptTemplate template, string prompt, int maxSequenceLength, IEnumerable<ReferencePicture> pictures)
        : this(template, prompt, maxSequenceLength, string.Join(' ', pictures.Select(picture => picture.Hash)))
    {
    }

    public long Bytes => (long)sizeof(char) * (Prompt.Length + Pictures.Length);
}

/// <summary>Keeps the most recently used prompt embeddings within a number of bytes.</summary>
internal sealed class EncodeCache(long capacityBytes)
{
    /// <summary>Rough cost of an entry besides its numbers and its key.</summary>
    private const long EntryOverhead = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<EncodeKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _mostRecentFirst = new();
    private long _bytes;

    /// <summary>Bytes kept now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What is kept for the key; null when nothing is.</summary>
    public PromptEmbeds? Find(EncodeKey key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var kept))
            {
                return null;
            }
            _mostRecentFirst.Remove(kept);
            _mostRecentFirst.AddFirst(kept);
            return kept.Value.Embeds;
        }
    }

    public void Keep(EncodeKey key, PromptEmbeds embeds)
    {
        var bytes = embeds.Bytes.Length + key.Bytes + EntryOverhead;
        lock (_lock)
        {
            if (bytes > capacityBytes || _entries.ContainsKey(key))
            {
                return;
            }
            while (_bytes + bytes > capacityBytes)
            {
                var oldest = _mostRecentFirst.Last!;
                _mostRecentFirst.RemoveLast();
                _entries.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Bytes;
            }
            _entries.Add(key, _mostRecentFirst.AddFirst(new Entry(key, embeds, bytes)));
            _bytes += bytes;
        }
    }

    private sealed record Entry(EncodeKey Key, PromptEmbeds Embeds, long Bytes);
}
