using System.Globalization;
using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;
using QwenMesh.Gateway.Profiles;

namespace QwenMesh.Gateway.Dialects.Oxen;

/// <summary>What a request says of its picture's size.</summary>
/// <param name="Size">Pixels; null where a ratio says it.</param>
/// <param name="Ratio">Null for the vendor's default.</param>
/// <param name="IsSmall">image_size is optimize_for_speed.</param>
/// <param name="IsAsPicture">The input picture's shape.</param>
internal sealed record OxenShape(ImageSize? Size, string? Ratio, bool IsSmall, bool IsAsPicture)
{
    private const int MaxSide = 16_384;

    // Longer side of a picture that is optimised for speed.
    private const int SmallSide = 1024;

    private const string SameAsPicture = "match_input_image";

    /// <summary>The field that decides, for errors.</summary>
    public string Field => Size is null ? "aspect_ratio" : "size";

    /// <summary>Notes in <paramref name="fields"/> what is wrong.</summary>
    public static OxenShape Read(BodyFields fields, OxenModel model, OxenInputs inputs)
    {
        var ratio = fields.Choice("aspect_ratio", inputs.References.Count > 0 ? [.. model.AspectRatios, SameAsPicture] : [.. model.AspectRatios]);
        var small = fields.Choice("image_size", "optimize_for_quality", "optimize_for_speed") == "optimize_for_speed";
        var matches = fields.Flag(SameAsPicture) == true;
        if (matches && inputs.References.Count == 0)
        {
            fields.Refuse(SameAsPicture, "there is no input picture");
        }
        var size = ReadSize(fields);
        if (size is not null && (ratio is not null || small || matches))
        {
            fields.Refuse("size", "size excludes aspect_ratio, image_size and match_input_image; give one of them");
        }
        // A mask belongs to its picture's shape.
        return new OxenShape(size, ratio == SameAsPicture ? null : ratio, small, matches || ratio == SameAsPicture || (inputs.Mask is not null && ratio is null));
    }

    /// <summary>In pixels; null leaves it to the input picture.</summary>
    public ImageSize? For(ModelProfile profile)
    {
        if (Size is not null || IsAsPicture)
        {
            return Size;
        }
        var ratio = Ratio ?? OxenTranslation.DefaultRatio;
        var (width, height) = Parts(ratio);
        if (IsSmall)
        {
            return new ImageSize(SmallSide * width / Math.Max(width, height), SmallSide * height / Math.Max(width, height)).FloorTo(profile.Sizes.Multiple);
        }
        return profile.AspectRatios.TryGetValue(ratio, out var known) ? known : OfArea(profile, width, height);
    }

    // The model has no size for it: of the default's area, with the ratio kept exactly.
    private static ImageSize OfArea(ModelProfile profile, int width, int height)
    {
        var multiple = profile.Sizes.Multiple;
        var area = (double)profile.Sizes.Default.Width * profile.Sizes.Default.Height;
        var unit = Math.Max((int)(Math.Sqrt(area / (width * height)) / multiple), 1) * multiple;
        return new ImageSize(unit * width, unit * height);
    }

    private static (int Width, int Height) Parts(string ratio)
    {
        var colon = ratio.IndexOf(':', StringComparison.Ordinal);
        return (int.Parse(ratio.AsSpan(0, colon), CultureInfo.InvariantCulture), int.Parse(ratio.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }

    private static ImageSize? ReadSize(BodyFields fields)
    {
        var text = fields.Text("size", maxLength: 32)?.Trim();
        if (text is null or "" || text.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        if (ImageSize.TryParse(text.ToLowerInvariant(), out var size) && size.Width <= MaxSide && size.Height <= MaxSide)
        {
            return size;
        }
        fields.Refuse("size", "a size is 'auto' or WIDTHxHEIGHT in pixels, e.g. '1024x1024'");
        return null;
    }
}
