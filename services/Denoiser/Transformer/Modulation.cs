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

/// <param name="Image">One for each range of the picture's tokens: the step's time and, where references are modulated by time 0, that.</param>
/// <param name="Text">The step's time.</param>
internal sealed record BlockModulation(StreamModulation[] Image, StreamModulation[] Text);

/// <summary>
/// Modulation of all blocks and of the head: computed once for a step and used by both of its passes, because it does not depend on the prompt.
/// </summary>
internal sealed class StepModulation
{
    public StepModulation(TransformerConfig config, int imageRanges, TensorScope scope)
    {
        var width = config.Width;
        Time = scope.Empty([1, width]);
        var perBlock = imageRanges + 1;
        var rows = scope.Empty([perBlock * config.Layers, StreamModulation.Parts * width]);
        Blocks = new BlockModulation[config.Layers];
        for (var i = 0; i < Blocks.Length; i++)
        {
            var streams = Enumerable.Range(i * perBlock, perBlock).Select(row => new StreamModulation(rows.Rows(row, 1))).ToArray();
            Blocks[i] = new(streams[..imageRanges], streams[imageRanges..]);
        }
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
