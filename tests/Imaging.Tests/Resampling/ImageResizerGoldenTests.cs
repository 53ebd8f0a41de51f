using QwenMesh.Testing;

namespace QwenMesh.Imaging.Tests;

/// <summary>Pictures that the reference's image library read and resized, byte for byte.</summary>
public sealed class ImageResizerGoldenTests
{
    [Fact]
    public void Files_are_read_and_resized_as_the_reference_does()
    {
        using var recorded = new GoldenTensors(GoldenFolder.Numerics("images.safetensors"));
        var names = recorded.Names.Where(name => name.StartsWith("lanczos.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var expected = recorded.Raw(name);
            var (height, width) = (expected.Shape[0], expected.Shape[1]);
            var file = File.ReadAllBytes(GoldenFolder.Numerics($"resize{name["lanczos.".Length..]}.png"));
            var resized = ImageResizer.Resize(new VipsDecoder().Decode(file, new ImageLimits()), width, height);
            Assert.Equal(expected.Bytes.ToArray(), resized.Pixels.ToArray());
        }
    }
}
