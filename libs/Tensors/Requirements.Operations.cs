namespace QwenMesh.Tensors;

/// <content>Operations with many operands. Named like them, because the name goes into the message.</content>
internal static partial class Requirements<TTensor>
{
    /// <summary>What <see cref="TensorBackend.Attention"/> was given.</summary>
    public static (TTensor Query, TTensor Key, TTensor Value, TTensor Into) Attention(
        Tensor q, Tensor k, Tensor v, int heads, int kvHeads, bool causal, Tensor into, ReadOnlySpan<int> segments)
    {
        var (queries, keys, values) = (Float(q), Float(k), Float(v));
        That(
            heads > 0 && kvHeads > 0 && heads % kvHeads == 0 && queries.Shape.Columns % heads == 0,
            "heads that divide q's columns and kvHeads that divide heads", $"{heads} and {kvHeads} for q {q.Shape}");
        var (rows, dim) = (queries.Shape.Rows, queries.Shape.Columns / heads);
        Columns(k, kvHeads * dim);
        Matrix(v, keys.Shape.Rows, kvHeads * dim);
        var to = Matrix(into, rows, heads * dim);
        Apart(to, queries, nameof(q));
        Apart(to, keys, nameof(k));
        Apart(to, values, nameof(v));
        That(!causal || rows == keys.Shape.Rows, $"k [{rows}, {kvHeads * dim}] for causal attention", k.Shape.ToString());
        Segments(segments, rows, keys.Shape.Rows);
        That(rows == 0 || keys.Shape.Rows > 0, "at least one key", k.Shape.ToString());
        return (queries, keys, values, to);
    }

    /// <summary>What <see cref="TensorBackend.SelectRows"/> was given.</summary>
    public static (TTensor From, TTensor Into) SelectRows(Tensor x, ReadOnlySpan<int> rows, Tensor into)
    {
        var from = Float(x);
        var to = Matrix(into, rows.Length, from.Shape.Columns);
        Apart(to, from, nameof(x));
        foreach (var row in rows)
        {
            if ((uint)row >= (uint)from.Shape.Rows)
            {
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"{nameof(SelectRows)}: x has {from.Shape.Rows} rows");
            }
        }
        return (from, to);
    }

    /// <summary>What <see cref="TensorBackend.Conv2d"/> was given.</summary>
    public static (TTensor From, TTensor Into, TTensor? Residual) Conv2d(
        Tensor x, ConvWeight weight, Padding padding, int stride, Tensor into, Tensor? residual, bool upsample)
    {
        var from = Rank(x, 3, "[H, W, in]");
        That(from.Shape[2] == weight.InChannels, $"x [H, W, {weight.InChannels}]", from.Shape.ToString());
        That(stride > 0, "a positive stride", $"{stride}");
        var (top, bottom, left, right) = padding;
        That(top >= 0 && bottom >= 0 && left >= 0 && right >= 0, "padding of at least 0", padding.ToString());
        var (height, width) = (from.Shape[0] * (upsample ? 2 : 1), from.Shape[1] * (upsample ? 2 : 1));
        That(
            height + top + bottom >= weight.KernelHeight && width + left + right >= weight.KernelWidth,
            $"a picture of at least {weight.KernelHeight}×{weight.KernelWidth} with its padding", from.Shape.ToString());
        var outHeight = ((height + top + bottom - weight.KernelHeight) / stride) + 1;
        var outWidth = ((width + left + right - weight.KernelWidth) / stride) + 1;
        var to = Shaped(into, [outHeight, outWidth, weight.OutChannels]);
        Apart(to, from, nameof(x));
        return (from, to, residual is null ? null : Vector(residual, checked((int)to.Shape.Count)));
    }
}
