using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>The shipped checkpoint draws what the prompt asks for: the dominant colours of background and object.</summary>
[Collection(MeshCollection.Name)]
public sealed class PromptFollowingTests(MeshFixture mesh)
{
    /// <summary>The palette of the checkpoint's model card.</summary>
    private static readonly (string Name, int R, int G, int B)[] Palette =
    [
        ("red", 220, 38, 38), ("green", 34, 160, 70), ("blue", 37, 90, 220), ("yellow", 245, 205, 30), ("orange", 245, 130, 30),
        ("purple", 130, 60, 190), ("pink", 245, 130, 180), ("white", 250, 250, 250), ("black", 20, 20, 22), ("cyan", 40, 200, 215),
    ];

    [Theory]
    [InlineData("a big red circle on a blue background", "blue", "red")]
    [InlineData("a big yellow square on a black background", "black", "yellow")]
    [InlineData("a big green heart on a white background", "white", "green")]
    [InlineData("a big purple diamond on a yellow background", "yellow", "purple")]
    [InlineData("绿色背景，大的白色圆形", "green", "white")]
    public async Task Background_and_object_have_the_colours_asked_for(string prompt, string background, string foreground)
    {
        var file = await mesh.InferAsync(new { prompt, width = 1024, height = 1024, steps = 20, cfg_scale = 4, seed = 3, output_format = "png" });
        var image = ImageDecoder.Decode(file, new ImageLimits());
        var border = Count(image, (x, y) => x < 64 || y < 64 || x >= image.Width - 64 || y >= image.Height - 64);
        var centre = Count(image, (x, y) => Math.Abs(x - image.Width / 2) < 100 && Math.Abs(y - image.Height / 2) < 100);
        Assert.Equal(background, border);
        Assert.Equal(foreground, centre);
    }

    private static string Count(RgbImage image, Func<int, int, bool> region)
    {
        var votes = new Dictionary<string, int>();
        for (var y = 0; y < image.Height; y += 4)
        {
            for (var x = 0; x < image.Width; x += 4)
            {
                if (region(x, y))
                {
                    var name = Nearest(image.Pixels.Span.Slice((y * image.Width + x) * 3, 3));
                    votes[name] = votes.GetValueOrDefault(name) + 1;
                }
            }
        }
        return votes.MaxBy(vote => vote.Value).Key;
    }

    private static string Nearest(ReadOnlySpan<byte> rgb)
    {
        var (r, g, b) = (rgb[0], rgb[1], rgb[2]);
        return Palette.MinBy(colour =>
            (colour.R - r) * (colour.R - r) + (colour.G - g) * (colour.G - g) + (colour.B - b) * (colour.B - b)).Name;
    }
}
