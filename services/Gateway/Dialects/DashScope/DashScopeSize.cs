using QwenMesh.Gateway.Dialects.Fields;
using QwenMesh.Gateway.Generation;

namespace QwenMesh.Gateway.Dialects.DashScope;

/// <summary>"1664*928", by the rules of the vendor's model.</summary>
internal static class DashScopeSize
{
    private const int MinSide = 512;
    private const int MaxSide = 2048;
    private const int Multiple = 16;

    // The last two are 4:3 and 3:4 of an older list.
    private static readonly string[] Listed = ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664", "1472*1140", "1140*1472"];

    /// <summary>Null for none, and for one at fault.</summary>
    public static ImageSize? Read(BodyFields parameters, DashScopeModel model)
    {
        if (parameters.Text("size", maxLength: 32)?.Trim() is not { } text)
        {
            return null;
        }
        if (model.Sizes == DashScopeSizes.None)
        {
            parameters.Refuse("size", $"{model.Name} draws in the input picture's shape and takes no size");
            return null;
        }
        if (text.Contains('x', StringComparison.OrdinalIgnoreCase) || !ImageSize.TryParse(text.Replace('*', 'x'), out var size))
        {
            parameters.Refuse("size", "a size is WIDTH*HEIGHT in pixels, e.g. '1328*1328'");
            return null;
        }
        if (Rule(text, size, model.Sizes) is { } rule)
        {
            parameters.Refuse("size", rule);
            return null;
        }
        return model.Sizes == DashScopeSizes.Sides ? new ImageSize(Round(size.Width), Round(size.Height)) : size;
    }

    // What is broken; null for nothing.
    private static string? Rule(string text, ImageSize size, DashScopeSizes sizes) => sizes switch
    {
        DashScopeSizes.Listed when !Listed.Contains(text) => $"the size must be {FieldFaultWords.Either(Listed[..5])}",
        DashScopeSizes.Area when Math.BigMul(size.Width, size.Height) is < MinSide * MinSide or > MaxSide * MaxSide =>
            "the size must have 512*512 to 2048*2048 pixels",
        DashScopeSizes.Sides when size.Width is < MinSide or > MaxSide || size.Height is < MinSide or > MaxSide => "both sides must be 512 to 2048 pixels",
        _ => null,
    };

    private static int Round(int side) => (side + (Multiple / 2)) / Multiple * Multiple;
}
