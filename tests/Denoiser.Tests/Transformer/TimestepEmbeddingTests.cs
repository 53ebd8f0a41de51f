using QwenMesh.Denoiser.Transformer;

namespace QwenMesh.Denoiser.Tests.Transformer;

public sealed class TimestepEmbeddingTests
{
    [Theory]
    [InlineData(0, -0.6669830)]
    [InlineData(1, 0.8797563)]
    [InlineData(127, 0.9967539)]
    [InlineData(128, 0.7450730)]
    [InlineData(129, 0.4754250)]
    [InlineData(255, 0.0805083)]
    public void The_time_three_quarters_has_the_references_elements(int element, double expected)
    {
        var waves = new float[256];
        TimestepEmbedding.Sinusoid(0.75f, waves);
        // The angle of the first elements is in the hundreds, where a float32 ulp is 6e-5.
        Assert.Equal(expected, waves[element], 7e-5);
    }
}
