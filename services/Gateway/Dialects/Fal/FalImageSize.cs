using System.Text.Json;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.Fal;

/// <summary>"landscape_4_3" or {"width":1024,"height":768}.</summary>
internal static class FalImageSize
{
    private const string Field = "image_size";
    private const int MaxSide = 16_384;

    private static readonly string[] Sides = ["width", "height"];

    /// <summary>Of a picture from text when nothing is asked for.</summary>
    public static readonly ImageSize Default = new(1024, 768);

    /// <summary>By the vendor's names; the last two are what clients of others call the portraits.</summary>
    public static readonly IReadOnlyDictionary<string, ImageSize> Named = new Dictionary<string, ImageSize>(StringComparer.OrdinalIgnoreCase)
    {
        ["square_hd"] = new(1024, 1024),
        ["square"] = new(512, 512),
        ["portrait_4_3"] = new(768, 1024),
        ["portrait_16_9"] = new(576, 1024),
        ["landscape_4_3"] = Default,
        ["landscape_16_9"] = new(1024, 576),
        ["portrait_3_4"] = new(768, 1024),
        ["portrait_9_16"] = new(576, 1024),
    };

    /// <summary>Null for none, and for one at fault.</summary>
    public static ImageSize? Read(BodyFields fields)
    {
        if (fields.Raw(Field) is { ValueKind: JsonValueKind.Object })
        {
            return ReadSides(fields.Object(Field)!);
        }
        return fields.Choice(Field, [.. Named.Keys]) is { } name ? Named[name] : null;
    }

    private static ImageSize? ReadSides(BodyFields size)
    {
        foreach (var name in Sides.Where(name => size.Raw(name) is null))
        {
            size.Missing(name);
        }
        var (width, height) = (size.Integer("width", 1, MaxSide), size.Integer("height", 1, MaxSide));
        return width is { } w && height is { } h ? new ImageSize((int)w, (int)h) : null;
    }
}
