using QwenMesh.Gpu.Bench;

namespace QwenMesh.Tensors.Torch.Tests.Bench;

public class TransformerFlopsTests
{
    // What the published times per step were divided by.
    [Theory, InlineData(1024, 138.6), InlineData(1328, 260.3)]
    public void A_guided_step_of_the_released_shape(int side, double teraflop)
    {
        var tokens = side / 16 * (side / 16);
        var flops = new TransformerFlops(Layers: 60, Width: 3072, Channels: 64).Step(tokens, 64, 64);
        Assert.Equal(teraflop, flops / 1e12, 0.05);
    }

    // One and two references of the picture's size, 196 rows of each in both prompts.
    [Theory, InlineData(1, 335.1), InlineData(2, 585.9)]
    public void A_guided_edit_step_of_the_released_shape(int references, double teraflop)
    {
        var text = 64 + (references * 196);
        var flops = new TransformerFlops(Layers: 60, Width: 3072, Channels: 64).EditStep(4096, references * 4096, text, text);
        Assert.Equal(teraflop, flops / 1e12, 0.05);
    }

    [Fact]
    public void Counted_by_hand()
    {
        var model = new TransformerFlops(Layers: 3, Width: 8, Channels: 12);
        // 10 tokens of which 7 are the picture's. Modulation: both streams, 6·8 from 8. A block: query, key, value, output 8×8 and
        // a feed-forward 8×32 twice; scores and their sums. Ends: 12 to 8 and back.
        var modulation = 3 * 2 * (2 * 48 * 8);
        var block = (10 * 2 * ((4 * 8 * 8) + (2 * 8 * 32))) + (2 * 2 * 10 * 10 * 8);
        var ends = 2 * (7 * 2 * 12 * 8);
        Assert.Equal(modulation + (3 * block) + ends, model.Step(7, 3));
        Assert.Equal(modulation + (2 * ((3 * block) + ends)), model.Step(7, 3, 3));
    }

    [Fact]
    public void An_edit_counted_by_hand()
    {
        var model = new TransformerFlops(Layers: 3, Width: 8, Channels: 12);
        // 10 tokens: 4 drawn, 3 of references and 3 of text. The pictures' stream is modulated twice; 7 tokens come in and 4 go out.
        var modulation = 3 * 3 * (2 * 48 * 8);
        var block = (10 * 2 * ((4 * 8 * 8) + (2 * 8 * 32))) + (2 * 2 * 10 * 10 * 8);
        var ends = (7 + 4) * 2 * 12 * 8;
        Assert.Equal(modulation + (3 * block) + ends, model.EditStep(4, 3, 3));
        Assert.Equal(modulation + (2 * ((3 * block) + ends)), model.EditStep(4, 3, 3, 3));
    }
}
