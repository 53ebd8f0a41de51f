using QwenMesh.Imaging;

namespace QwenMesh.Mesh.Tests;

/// <summary>The pixels of a picture, each named by the nearest colour of the shipped checkpoint's palette (its model card).</summary>
internal sealed class PaletteVotes(RgbImage image)
{
    private const int BorderPixels = 32;

    /// <summary>An object of fewer pixels than this share of the region is none.</summary>
    private const double LeastShare = 0.005;

    private static readonly (string Name, int R, int G, int B)[] Palette =
    [
        ("red", 220, 38, 38), ("green", 34, 160, 70), ("blue", 37, 90, 220), ("yellow", 245, 205, 30), ("orange", 245, 130, 30),
        ("purple", 130, 60, 190), ("pink", 245, 130, 180), ("white", 250, 250, 250), ("black", 20, 20, 22), ("cyan", 40, 200, 215),
    ];

    /// <summary>A colour of the palette.</summary>
    public static (int R, int G, int B) Colour(string name) =>
        Palette.Where(colour => colour.Name == name).Select(colour => (colour.R, colour.G, colour.B)).Single();

    /// <summary>The most frequent colour along the four sides.</summary>
    public string Border => Count((x, y) =>
        x < BorderPixels || y < BorderPixels || x >= image.Width - BorderPixels || y >= image.Height - BorderPixels).MaxBy(vote => vote.Value).Key;

    /// <summary>The most frequent colour other than the background between two columns, given as shares of the width; "none" when there is hardly any.</summary>
    public string MostBut(string background, double from, double to)
    {
        var votes = Count((x, _) => x >= from * image.Width && x < to * image.Width);
        var (name, pixels) = votes.Where(vote => vote.Key != background).MaxBy(vote => vote.Value);
        return pixels > LeastShare * votes.Values.Sum() ? name : "none";
    }

    private Dictionary<string, int> Count(Func<int, int, bool> region)
    {
        var votes = new Dictionary<string, int>();
        for (var y = 0; y < image.Height; y += 2)
        {
            for (var x = 0; x < image.Width; x += 2)
            {
                if (region(x, y))
                {
                    var name = Nearest(image.Pixels.Span.Slice(((y * image.Width) + x) * 3, 3));
                    votes[name] = votes.GetValueOrDefault(name) + 1;
                }
            }
        }
        return votes;
    }

    private static string Nearest(ReadOnlySpan<byte> rgb)
    {
        var (r, g, b) = (rgb[0], rgb[1], rgb[2]);
        return Palette.MinBy(colour =>
            ((colour.R - r) * (colour.R - r)) + ((colour.G - g) * (colour.G - g)) + ((colour.B - b) * (colour.B - b))).Name;
    }
}
