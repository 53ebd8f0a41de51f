namespace QwenMesh.Tensors.Torch;

/// <summary>Sequences of one length, one after the other.</summary>
/// <param name="Start">First row.</param>
/// <param name="Count">Sequences.</param>
/// <param name="Rows">Rows of each.</param>
/// <param name="Keys">Keys of each.</param>
internal readonly record struct AttentionBatch(long Start, int Count, int Rows, int Keys);

/// <summary>Splits the rows of an attention into batches of sequences that are equally long: most windows of a picture are.</summary>
internal static class AttentionSegments
{
    public static List<AttentionBatch> Batches(ReadOnlySpan<int> bounds)
    {
        var batches = new List<AttentionBatch>();
        for (var i = 1; i < bounds.Length; i++)
        {
            var (start, length) = (bounds[i - 1], bounds[i] - bounds[i - 1]);
            if (length == 0)
            {
                continue;
            }
            if (batches.Count > 0 && batches[^1].Rows == length)
            {
                batches[^1] = batches[^1] with { Count = batches[^1].Count + 1 };
            }
            else
            {
                batches.Add(new AttentionBatch(start, 1, length, length));
            }
        }
        return batches;
    }
}
