namespace QwenMesh.Tensors.Cpu;

/// <summary>The table as stored; rows are widened when they are looked up.</summary>
internal sealed class CpuEmbeddingTable(string name, StoredMatrix rows, int vocabulary) : EmbeddingTable(vocabulary, rows.Columns)
{
    /// <summary>Of the stored tensor, for messages.</summary>
    public string Name { get; } = name;

    public StoredMatrix Rows { get; } = rows;

    protected override void Dispose(bool disposing)
    {
        Rows.Dispose();
        base.Dispose(disposing);
    }
}
