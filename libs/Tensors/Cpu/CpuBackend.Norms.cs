using QwenMesh.Tensors.Cpu.Kernels;

namespace QwenMesh.Tensors.Cpu;

public sealed unsafe partial class CpuBackend
{
    private const int ElementsPerRow = IRowKernel.Elements;

    public override void RmsNorm(Tensor x, Tensor weight, float eps, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (factor, to) = (Require.Vector(weight, columns), Require.Matrix(into, rows, columns));
        _runtime.ForRows(rows, columns, new RmsNorm(from.Floats, factor.Floats, eps, to.Floats, columns));
    }

    public override void LayerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (offset, factor) = (Require.Vector(shift, columns), Require.Vector(scale, columns));
        var to = Require.Matrix(into, rows, columns);
        _runtime.ForRows(rows, columns, new LayerNorm(from.Floats, offset.Floats, factor.Floats, eps, to.Floats, columns));
    }

    public override void HeadNormRotary(Tensor x, int heads, Tensor? weight, float eps, Tensor? cos, Tensor? sin, RotaryLayout layout)
    {
        var target = Require.Float(x);
        var (rows, columns) = (target.Shape.Rows, target.Shape.Columns);
        Require.That(heads > 0 && columns % heads == 0, $"x [rows, {heads}·dim]", target.Shape.ToString());
        var dim = columns / heads;
        var factor = weight is null ? null : Require.Vector(weight, dim).Floats;
        Require.That(cos is null == sin is null, "both cos and sin or neither", cos is null ? "sin alone" : "cos alone");
        Require.That(cos is null || dim % 2 == 0, "heads of an even size", $"{dim}");
        var cosines = cos is null ? null : Require.Matrix(cos, rows, dim / 2).Floats;
        var sines = sin is null ? null : Require.Matrix(sin, rows, dim / 2).Floats;
        _runtime.ForRows(rows, columns, new HeadNormRotary(target.Floats, heads, dim, factor, eps, cosines, sines, layout));
    }

    public override void Embedding(EmbeddingTable table, ReadOnlySpan<int> ids, Tensor into)
    {
        var own = table as CpuEmbeddingTable ?? throw new ArgumentException("the table belongs to another engine", nameof(table));
        var to = Require.Matrix(into, ids.Length, own.Columns);
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)own.Vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"Embedding: ids of {own.Name} are below {own.Vocabulary}");
            }
        }
        for (var i = 0; i < ids.Length; i++)
        {
            own.Rows.Expand(ids[i], 0, own.Columns, to.Floats + ((long)i * own.Columns));
        }
    }

    public override void SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into)
    {
        var (from, to) = Require.SelectRows(x, rows, into);
        var columns = from.Shape.Columns;
        for (var i = 0; i < rows.Length; i++)
        {
            new ReadOnlySpan<float>(from.Floats + ((long)rows[i] * columns), columns).CopyTo(new Span<float>(to.Floats + ((long)i * columns), columns));
        }
    }

    public override void Silu(Tensor x, Tensor into)
    {
        var from = Require.Float(x);
        var to = Require.Vector(into, checked((int)from.Shape.Count));
        ForElements(from.Shape.Count, new Silu(from.Floats, to.Floats, from.Shape.Count));
    }

    public override void Add(Tensor x, Tensor y)
    {
        var target = Require.Float(x);
        var term = Require.Vector(y, checked((int)target.Shape.Count));
        ForElements(target.Shape.Count, new AddScaled(target.Floats, term.Floats, 1, target.Shape.Count));
    }

    /// <summary>An operation on single elements; its rows are stretches of them.</summary>
    private void ForElements<TKernel>(long count, TKernel kernel)
        where TKernel : struct, IRowKernel =>
        _runtime.ForRows(checked((int)((count + ElementsPerRow - 1) / ElementsPerRow)), ElementsPerRow, kernel);
}
