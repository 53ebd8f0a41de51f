namespace QwenMesh.Gateway.Guardrails;

/// <summary>
/// Finds any of many phrases in one pass over a text (Aho and Corasick, 1975): a trie of the phrases, and from each node the node of its longest proper
/// suffix that is in the trie. Time grows with the text, not with the number of phrases.
/// </summary>
internal sealed class PhraseSearch
{
    private const int Root = 0, None = -1;

    private readonly Dictionary<(int Node, char Next), int> _edges = [];
    private readonly List<Node> _nodes = [new Node(0)];

    /// <param name="phrases">Folded, none empty.</param>
    public PhraseSearch(IReadOnlyList<string> phrases)
    {
        for (var i = 0; i < phrases.Count; i++)
        {
            Add(phrases[i], i);
        }
        // A node's suffix is shorter than the node: with the short ones first it is always there already.
        foreach (var ((parent, next), child) in _edges.OrderBy(edge => _nodes[edge.Value].Length))
        {
            var suffix = parent == Root ? Root : Step(_nodes[parent].Suffix, next);
            _nodes[child].Suffix = suffix;
            _nodes[child].ShorterMatch = _nodes[suffix].Phrase == None ? _nodes[suffix].ShorterMatch : suffix;
        }
    }

    /// <summary>Number of a phrase that the text contains as whole words; null when there is none.</summary>
    /// <param name="text">Folded.</param>
    public int? Find(string text)
    {
        var node = Root;
        for (var i = 0; i < text.Length; i++)
        {
            node = Step(node, text[i]);
            for (var match = _nodes[node].Phrase == None ? _nodes[node].ShorterMatch : node; match != Root; match = _nodes[match].ShorterMatch)
            {
                if (Words.AreWhole(text, i + 1 - _nodes[match].Length, i + 1))
                {
                    return _nodes[match].Phrase;
                }
            }
        }
        return null;
    }

    private void Add(string phrase, int number)
    {
        var node = Root;
        foreach (var next in phrase)
        {
            if (!_edges.TryGetValue((node, next), out var child))
            {
                child = _nodes.Count;
                _nodes.Add(new Node(_nodes[node].Length + 1));
                _edges.Add((node, next), child);
            }
            node = child;
        }
        if (_nodes[node].Phrase == None)
        {
            _nodes[node].Phrase = number;
        }
    }

    private int Step(int node, char next)
    {
        int child;
        while (!_edges.TryGetValue((node, next), out child) && node != Root)
        {
            node = _nodes[node].Suffix;
        }
        return child; // The root's number where nothing fits.
    }

    private sealed class Node(int length)
    {
        /// <summary>Characters from the root.</summary>
        public int Length { get; } = length;

        /// <summary>Number of the phrase that ends here.</summary>
        public int Phrase { get; set; } = None;

        public int Suffix { get; set; }

        /// <summary>The longest suffix at which a phrase ends; the root for none.</summary>
        public int ShorterMatch { get; set; }
    }
}
