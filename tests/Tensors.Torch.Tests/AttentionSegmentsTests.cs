namespace QwenMesh.Tensors.Torch.Tests;

public class AttentionSegmentsTests
{
    [Fact]
    public void Neighbours_of_one_length_are_one_batch()
    {
        Assert.Equal(
            [new AttentionBatch(0, 3, 64, 64), new AttentionBatch(192, 1, 19, 19), new AttentionBatch(211, 2, 8, 8), new AttentionBatch(227, 1, 64, 64)],
            AttentionSegments.Batches([0, 64, 128, 192, 211, 219, 227, 291]));
    }

    [Fact]
    public void Empty_sequences_are_left_out() =>
        Assert.Equal([new AttentionBatch(0, 2, 5, 5)], AttentionSegments.Batches([0, 0, 5, 5, 10, 10]));
}
