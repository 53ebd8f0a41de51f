using QwenMesh.Tensors;

namespace QwenMesh.Denoiser.Transformer;

/// <summary>Shift, scale and gate of one sub-layer, each [1, D].</summary>
internal sealed record SublayerModulation(Tensor Shift, Tensor Scale, Tensor Gate);

/// <summary>Modulation of one stream in one block.</summary>
internal sealed class StreamModulation
{
    public const int Parts = 6;

    /// <param name="row">[1, 6D]; the parts below are views of it.</param>
    public StreamModulation(Tensor row)
    {
        Row = row;
        var width = row.Shape.Columns / Parts;
        Attention = new(row.Slice(0, width), row.Slice(width, width), row.Slice(2 * width, width));
        Mlp = new(row.Slice(3 * width, width), row.Slice(4 * width, width), row.Slice(5 * width, width));
    }

    public Tensor Row { get; }

    public SublayerModulation Attention { get; }

    public SublayerModulation Mlp { get; }
}

internal sealed record BlockModulation(StreamModulation Image, StreamModulation Text);

/// <summary>
/// Modulation of all blocks and of the head: computed once for a step and used by both of its passes, because it does not depend on the prompt.
/// </summary>
internal sealed class StepModulation
{
    public StepModulation(TransformerConfig config, TensorScope scope)
    {
        var width = config.Width;
        Time = scope.Empty([1, width]);
        var rows = scope.Empty([2 * config.Layers, StreamModulation.Parts * width]);
        Blocks = [.. Enumerable.Range(0, config.Layers).Select(i => new BlockModulation(new(rows.Rows(2 * i, 1)), new(rows.Rows((2 * i) + 1, 1))))];
        Head = scope.Empty([1, 2 * width]);
        HeadScale = Head.Slice(0, width);
        HeadShift = Head.Slice(width, width);
    }

    /// <summary>[1, D]: SiLU of the time's embedding.</summary>
    public Tensor Time { get; }

    public BlockModulation[] Blocks { get; }

    /// <summary>[1, 2D]: scale first here, unlike in the blocks.</summary>
    public Tensor Head { get; }

    public Tensor HeadScale { get; }

    public Tensor HeadShift { get; }
}
