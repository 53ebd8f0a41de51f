using QwenMesh.Tensors.Torch.Native;

namespace QwenMesh.Tensors.Torch;

internal sealed unsafe partial class TorchBackend
{
    public override void RmsNorm(Tensor x, Tensor weight, float eps, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (factor, to) = (Require.Vector(weight, columns), Require.Matrix(into, rows, columns));
        if (to.Shape.Count > 0)
        {
            _fused.RmsNorm(from, factor, eps, to);
        }
    }

    public override void LayerNormModulate(Tensor x, Tensor shift, Tensor scale, float eps, Tensor into)
    {
        var from = Require.Float(x);
        var (rows, columns) = (from.Shape.Rows, from.Shape.Columns);
        var (offset, factor) = (Require.Vector(shift, columns), Require.Vector(scale, columns));
        var to = Require.Matrix(into, rows, columns);
        if (to.Shape.Count > 0)
        {
            _fused.LayerNormModulate(from, offset, factor, eps, to);
        }
    }

    public override void HeadNormRotary(Tensor x, int heads, Tensor? weight, float eps, Tensor? cos, Tensor? sin, RotaryLayout layout)
    {
        var target = Require.Float(x);
        var (rows, columns) = (target.Shape.Rows, target.Shape.Columns);
        Require.That(heads > 0 && columns % heads == 0, $"x [rows, {heads}·dim]", target.Shape.ToString());
        var dim = columns / heads;
        var factor = weight is null ? null : Require.Vector(weight, dim);
        Require.That(cos is null == sin is null, "both cos and sin or neither", cos is null ? "sin alone" : "cos alone");
        Require.That(cos is null || dim % 2 == 0, "heads of an even size", $"{dim}");
        var cosines = cos is null ? null : Require.Matrix(cos, rows, dim / 2);
        var sines = sin is null ? null : Require.Matrix(sin, rows, dim / 2);
        if (target.Shape.Count > 0 && (factor is not null || cosines is not null))
        {
            _fused.HeadNormRotary(target, heads, factor, eps, cosines, sines, layout);
        }
    }

    public override void Embedding(EmbeddingTable table, ReadOnlySpan<int> ids, Tensor into)
    {
        var stored = table as TorchEmbeddingTable ?? throw new ArgumentException("the table belongs to another engine", nameof(table));
        var to = Require.Matrix(into, ids.Length, table.Columns);
        var indices = new long[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)table.Vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(ids), ids[i], $"Embedding: ids are below {table.Vocabulary}");
            }
            indices[i] = ids[i];
        }
        if (to.Shape.Count == 0)
        {
            return;
        }
        using var scope = Begin();
        fixed (long* data = indices)
        {
            var chosen = OverHost(scope, data, indices.Length, AtenType.Int64);
            scope.Own(_aten.Rows(stored.Table, chosen.Handle)).CopyTo(scope.View(to, ids.Length, table.Columns));
        }
    }

    public override void SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into)
    {
        var (from, to) = Require.SelectRows(x, rows, into);
        if (to.Shape.Count == 0)
        {
            return;
        }
        var indices = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            indices[i] = rows[i];
        }
        using var scope = Begin();
        var chosen = scope.Empty([rows.Length], AtenType.Int64);
        fixed (long* data = indices)
        {
            OverHost(scope, data, rows.Length, AtenType.Int64).CopyTo(chosen);
        }
        var matrix = scope.View(from, from.Shape.Rows, from.Shape.Columns);
        scope.Own(_aten.Rows(matrix.Handle, chosen.Handle)).CopyTo(scope.View(to, rows.Length, from.Shape.Columns));
    }

    public override void Silu(Tensor x, Tensor into)
    {
        var from = Require.Float(x);
        var to = Require.Vector(into, checked((int)from.Shape.Count));
        using var scope = Begin();
        scope.View(from, from.Shape.Count).Silu().CopyTo(scope.View(to, to.Shape.Count));
    }

    public override void Add(Tensor x, Tensor y)
    {
        var target = Require.Float(x);
        var term = Require.Vector(y, checked((int)target.Shape.Count));
        _fused.AddGated(term.Shape == target.Shape ? term : (TorchTensor)term.Reshape(target.Shape), null, target);
    }
}
