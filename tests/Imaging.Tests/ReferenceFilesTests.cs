namespace QwenMesh.Imaging.Tests;

/// <summary>Files that Pillow wrote (Files/make.py), against what Pillow reads from them: byte for byte.</summary>
public sealed class ReferenceFilesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Files");
    private static readonly VipsDecoder Decoder = new();

    public static TheoryData<string> Files => [.. Names(".rgb.png")];

    public static TheoryData<string> FilesWithAlpha => [.. Names(".rgba.png")];

    [Theory]
    [MemberData(nameof(Files))]
    public void Colours_are_those_of_the_reference(string name)
    {
        var (file, expected) = (Read(name), Decoder.Decode(Read(name + ".rgb.png"), new ImageLimits()));
        var image = Decoder.Decode(file, new ImageLimits());
        Assert.Equal((expected.Width, expected.Height), (image.Width, image.Height));
        Assert.Equal(expected.Pixels.ToArray(), image.Pixels.ToArray());
        Assert.Equal(image.Pixels.ToArray(), Decoder.DecodeWithAlpha(file, new ImageLimits()).DropAlpha().Pixels.ToArray());
    }

    [Theory]
    [MemberData(nameof(FilesWithAlpha))]
    public void Alpha_is_that_of_the_reference(string name)
    {
        var file = Read(name);
        Assert.True(Decoder.Probe(file, new ImageLimits()).HasAlpha);
        var expected = Decoder.DecodeWithAlpha(Read(name + ".rgba.png"), new ImageLimits());
        var image = Decoder.DecodeWithAlpha(file, new ImageLimits());
        Assert.Equal(expected.Alpha().Pixels.ToArray(), image.Alpha().Pixels.ToArray());
        Assert.Equal(expected.Pixels.ToArray(), image.Pixels.ToArray());
        Assert.Contains(image.Alpha().Pixels.ToArray(), alpha => alpha < 255);
    }

    [Fact]
    public void A_picture_without_alpha_is_opaque()
    {
        var file = Read("progressive.jpg");
        Assert.False(Decoder.Probe(file, new ImageLimits()).HasAlpha);
        Assert.All(Decoder.DecodeWithAlpha(file, new ImageLimits()).Alpha().Pixels.ToArray(), alpha => Assert.Equal(255, alpha));
    }

    private static IEnumerable<string> Names(string ending) =>
        Directory.GetFiles(Folder, "*" + ending).Select(path => Path.GetFileName(path)[..^ending.Length]).Order(StringComparer.Ordinal);

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));
}
